import type { AioContext } from '../../../aio/aio-context.ts';
import type { RemoteContext } from '../../../thread/remote-context.ts';
import type { Action } from '../../model.ts';
import type { Thunk } from '../callback.ts';
import { homeOf } from '../homes.ts';
import type { Lane } from '../lane.ts';
import type { Crew } from './crew.ts';

type WaitWhile = Extract<Action, { op: 'wait_while' }>;

/** @param each done at each evaluation of the condition */
export function waitWhile(
  lane: Lane,
  crew: Crew,
  { context, while: condition, unlocked }: WaitWhile,
  each: readonly Thunk[],
): Thunk {
  const holds = (): boolean => {
    lane.condition = crew.shared.holds(condition);
    for (const thunk of each) thunk();
    return lane.condition;
  };
  return () => {
    const { aioWait } = crew.machine.thread;
    const of = context.name === 'none' ? null : waitedFor(lane, crew, context.name);
    lane.waited = unlocked ? aioWait.waitWhileUnlocked(of, holds) : aioWait.waitWhile(of, holds);
  };
}

/** aio_wait_bh_oneshot with the callback of a bottom half, in whichever thread it is. */
export function waitOneshot(lane: Lane, crew: Crew, name: string): void {
  const { aioWait } = crew.machine.thread;
  const own = lane.onceRuns.get(name);
  if (own !== undefined) {
    aioWait.bhOneshot(own.ctx, own.run);
    return;
  }
  aioWait.checkOneshot();
  const def = crew.scenario.objects.find((object) => object.name === name)!;
  const home = homeOf(def);
  const context = waitedFor(lane, crew, home);
  const isDone = crew.startWaited(home, name);
  const waits = (): boolean => !isDone();
  // QEMU's gives back the lock that its caller must hold; a file need not take it.
  lane.waited =
    crew.machine.thread.lockOf(context).depth > 0
      ? aioWait.waitWhile(context, waits)
      : aioWait.waitWhileUnlocked(context, waits);
}

function waitedFor(lane: Lane, crew: Crew, name: string): AioContext | RemoteContext {
  return lane.contexts.get(name) ?? crew.mate(name).context;
}
