/** Work that is the same in each iteration, for rows that are measured in a process of their own. */

import {
  AioContext,
  EventNotifier,
  type LinuxHost,
  MainLoop,
  O_CLOEXEC,
  O_NONBLOCK,
} from '../src/index.ts';

export const WORK: Readonly<Record<string, (host: LinuxHost) => () => unknown>> = {
  bh: (host) => {
    const ctx = new AioContext({ host });
    const bh = ctx.newBottomHalf('bench', () => {});
    return () => {
      bh.schedule();
      ctx.poll(true);
    };
  },
  notifier: (host) => {
    const ctx = new AioContext({ host });
    const notifier = new EventNotifier(host);
    ctx.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() });
    return () => {
      notifier.set();
      ctx.poll(true);
    };
  },
  pipe: (host) => {
    const ctx = new AioContext({ host });
    const ends = [-1, -1];
    host.pipe2(ends, O_NONBLOCK | O_CLOEXEC);
    const buffer = host.alloc(64);
    ctx.setFdHandler(ends[0]!, { ioRead: () => void host.read(ends[0]!, buffer, 0, 8) });
    return () => {
      host.write(ends[1]!, buffer, 8, 1);
      ctx.poll(true);
    };
  },
  'main-loop': (host) => {
    const loop = new MainLoop({ host });
    return () => loop.mainLoopWait(true);
  },
};
