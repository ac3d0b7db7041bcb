/** The work of the rows that compare recorded iterations with plain ones. */
import { RecordHost } from '../src/host/record/record-host.ts';
import { type Disposable, EventNotifier, type Host, LinuxHost, MainLoop } from '../src/index.ts';

export interface Work extends Disposable {
  run(): void;
}

/** A loop with one event notifier, which is set before each iteration or not. */
export function iterations(host: Host, kicks: boolean): Work {
  const loop = new MainLoop({ host });
  const notifier = new EventNotifier(host);
  loop.context.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() });
  return {
    run: () => {
      if (kicks) notifier.set();
      loop.mainLoopWait(true);
    },
    dispose: () => {
      loop.close();
      notifier.dispose();
    },
  };
}

export function plain(kicks: boolean): Work {
  return iterations(new LinuxHost(), kicks);
}

export function recorded(kicks: boolean): Work {
  return iterations(new RecordHost(new LinuxHost(), () => {}), kicks);
}
