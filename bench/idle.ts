import { AioContext, EventNotifier, LinuxHost, MainLoop } from '../src/index.ts';
import { fdsFor, NO_FDS } from './fds.ts';
import { op } from './measure.ts';
import { cannot, type Row } from './row.ts';

const host = new LinuxHost();

/** Fds that C polls in all: each poll of a row costs time for every fd. */
const POLLED_FDS = 2_000_000;

function polls(fds: number): number {
  return Math.max(Math.min(Math.floor(POLLED_FDS / fds), 20_000), 50);
}

function notifiersOf(count: number): EventNotifier[] {
  return Array.from({ length: count }, () => new EventNotifier(host));
}

/** Makes one of the fds ready each time. */
export function idleMainLoop(fds: number): Row {
  const name = `main_loop_wait, ${fds.toLocaleString('en')} idle fds + 1 active`;
  if (!fdsFor(fds)) return { name, ours: cannot(NO_FDS) };
  const row = idleLoop(fds, new MainLoop({ host }));
  return {
    ...row,
    name,
    c: { row: `idle-poll-${fds}`, count: polls(fds) },
    glib: { row: `eventfd-${fds}`, count: Math.ceil(polls(fds) / 4) },
    limit: 'ours: epoll from 8 fds on; QEMU, C: ppoll looks at every fd',
  };
}

/** The same in the loop of QEMU 11, with io_uring. */
export function idleRing(fds: number): Row {
  const name = `main_loop_wait, ${fds.toLocaleString('en')} idle fds + 1 active, io_uring`;
  if (!fdsFor(fds)) return { name, ours: cannot(NO_FDS) };
  try {
    const loop = new MainLoop({ host, qemu: '11', fdmon: 'io_uring' });
    return {
      ...idleLoop(fds, loop),
      name,
      limit:
        'as QEMU 11; its own C if QEMU_BUILD is an 11 with io_uring; calls: write, io_uring_enter, read',
    };
  } catch (error) {
    return { name, ours: cannot((error as Error).message) };
  }
}

function idleLoop(fds: number, loop: MainLoop): Pick<Row, 'qemu' | 'ours' | 'close'> {
  const notifiers = notifiersOf(fds + 1);
  for (const n of notifiers) loop.setFdHandler(n.fd, { ioRead: () => void n.testAndClear() });
  return {
    qemu: { row: `idle-mlw-${fds}`, count: polls(fds) },
    ours: op(() => {
      notifiers[0]!.set();
      loop.mainLoopWait(false);
    }),
    close: () => {
      loop.close();
      for (const n of notifiers) n.dispose();
    },
  };
}

export function idleAioPoll(fds: number): Row {
  const name = `aio_poll, ${fds.toLocaleString('en')} idle fds + 1 active`;
  if (!fdsFor(fds)) return { name, ours: cannot(NO_FDS) };
  const ctx = new AioContext({ host });
  const notifiers = notifiersOf(fds + 1);
  for (const n of notifiers) ctx.setEventNotifier(n, { ioRead: (e) => void e.testAndClear() });
  return {
    name,
    qemu: { row: `idle-aio-${fds}`, count: 20_000 },
    c: { row: `idle-epoll-${fds}`, count: 20_000 },
    limit: 'system calls: write, epoll_wait',
    ours: op(() => {
      notifiers[0]!.set();
      ctx.poll(true);
    }),
    close: () => {
      ctx.close();
      for (const n of notifiers) n.dispose();
    },
  };
}
