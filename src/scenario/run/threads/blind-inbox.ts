import type { AioContext } from '../../../aio/aio-context.ts';
import { Inbox } from '../../../aio/wake/inbox.ts';
import type { Scenario } from '../../model.ts';
import type { SharedRun } from './shared-run.ts';

/**
 * An inbox whose home thread does not look at it again once it has said that it sleeps.
 * @param acts called if it sleeps though there is work
 */
function blindInbox(acts: () => void): typeof Inbox {
  return class extends Inbox {
    override beginSleep(notifyMe: number): boolean {
      if (super.beginSleep(notifyMe)) acts();
      return false;
    }
  };
}

/** Takes the steps out of a thread's context that the file says. Nothing of it may be shared yet. */
export function leaveOut(
  { without }: Scenario,
  thread: string,
  context: AioContext,
  shared: SharedRun,
): void {
  without.forEach((fault, i) => {
    if (fault.in.name === thread) context.inboxType = blindInbox(() => shared.faultActs(i));
  });
}
