import { EventNotifier, LinuxHost, MainLoop } from '../src/index.ts';
import { op } from './measure.ts';
import type { Row, Section } from './row.ts';

const host = new LinuxHost();

function idle(fds: number): () => Row {
  return () => {
    const loop = new MainLoop({ host });
    const notifiers = Array.from({ length: fds + 1 }, () => new EventNotifier(host));
    for (const n of notifiers) loop.setFdHandler(n.fd, { ioRead: () => void n.testAndClear() });
    return {
      name: `main_loop_wait, ${fds.toLocaleString('en')} idle fds + 1 active`,
      c: { row: `idle-epoll-${fds}`, count: 50_000 },
      ours: op(() => {
        notifiers[0]!.set();
        loop.mainLoopWait(false);
      }),
      close: () => {
        loop.close();
        for (const n of notifiers) n.dispose();
      },
    };
  };
}

export const scale: Section = {
  name: 'scale',
  about: 'what grows, and what must not (plain C is epoll)',
  rows: [1, 10, 100, 1000, 5000].map(idle),
};
