import { MessageChannel } from 'node:worker_threads';
import {
  AioContext,
  Coroutines,
  EventNotifier,
  LinuxHost,
  MainLoop,
  O_CLOEXEC,
  O_NONBLOCK,
  QEMU_CLOCK_REALTIME,
} from '../src/index.ts';
import { nodeLoop, op } from './measure.ts';
import { socketPing } from './node-peers.ts';
import type { Row, Section } from './row.ts';

const host = new LinuxHost();
const FAR_NS = 1e15;

function bhPoll(): Row {
  const ctx = new AioContext({ host });
  const bh = ctx.newBottomHalf('bench', () => {});
  return {
    name: 'qemu_bh_schedule + aio_poll',
    qemuNs: 67,
    qemu: { row: 'bh', count: 300_000 },
    ours: op(() => {
      bh.schedule();
      ctx.poll(true);
    }),
    node: nodeLoop(200_000, (count, done) => {
      let left = count;
      const again = (): void => {
        if (--left === 0) done();
        else setImmediate(again);
      };
      setImmediate(again);
    }),
    close: () => ctx.close(),
  };
}

function oneshot(): Row {
  const ctx = new AioContext({ host });
  const callback = (): void => {};
  return {
    name: 'the same, one-shot',
    qemuNs: 68,
    qemu: { row: 'bh-oneshot', count: 300_000 },
    ours: op(() => {
      ctx.scheduleOneshot('bench', callback);
      ctx.poll(true);
    }),
    close: () => ctx.close(),
  };
}

function manyBhs(): Row {
  const ctx = new AioContext({ host });
  const bhs = Array.from({ length: 1000 }, (_, i) => ctx.newBottomHalf(`bench ${i}`, () => {}));
  return {
    name: '1,000 bottom halves, one aio_poll, each',
    qemuNs: 24,
    qemu: { row: 'bh-1000', count: 300_000 },
    ours: op(() => {
      for (let i = 0; i < bhs.length; i++) bhs[i]!.schedule();
      ctx.poll(true);
    }, bhs.length),
    node: nodeLoop(200_000, (count, done) => {
      let left = count;
      const callback = (): void => {
        if (--left === 0) done();
        else if (left % 1000 === 0) schedule();
      };
      const schedule = (): void => {
        for (let i = 0; i < 1000; i++) setImmediate(callback);
      };
      schedule();
    }),
    close: () => ctx.close(),
  };
}

function bhMainLoop(): Row {
  const loop = new MainLoop({ host });
  const bh = loop.newBottomHalf('bench', () => {});
  return {
    name: 'bottom half through main_loop_wait',
    qemuNs: 1520,
    qemu: { row: 'bh-mlw', count: 50_000 },
    ours: op(() => {
      bh.schedule();
      loop.mainLoopWait(false);
    }),
    close: () => {
      bh.delete();
      loop.close();
    },
  };
}

function notifierPoll(): Row {
  const ctx = new AioContext({ host });
  const notifier = new EventNotifier(host);
  ctx.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() });
  return {
    name: 'event notifier set, aio_poll, handler',
    qemuNs: 1050,
    qemu: { row: 'notifier', count: 50_000 },
    c: { row: 'notifier', count: 50_000 },
    ours: op(() => {
      notifier.set();
      ctx.poll(true);
    }),
    node: nodeLoop(20_000, (count, done) => {
      const { port1, port2 } = new MessageChannel();
      let left = count;
      port2.on('message', () => {
        if (--left > 0) return port1.postMessage(0);
        port1.close();
        done();
      });
      port1.postMessage(0);
    }),
    close: () => {
      ctx.close();
      notifier.dispose();
    },
  };
}

function notifierMainLoop(): Row {
  const loop = new MainLoop({ host });
  const notifier = new EventNotifier(host);
  loop.setFdHandler(notifier.fd, { ioRead: () => void notifier.testAndClear() });
  return {
    name: 'the same through main_loop_wait',
    qemuNs: 2370,
    qemu: { row: 'notifier-mlw', count: 50_000 },
    c: { row: 'notifier', count: 50_000 },
    ours: op(() => {
      notifier.set();
      loop.mainLoopWait(false);
    }),
    close: () => {
      loop.close();
      notifier.dispose();
    },
  };
}

function pipe(): Row {
  const ctx = new AioContext({ host });
  const ends = [-1, -1];
  host.pipe2(ends, O_NONBLOCK | O_CLOEXEC);
  const [rfd, wfd] = ends as [number, number];
  const buffer = host.alloc(64);
  ctx.setFdHandler(rfd, { ioRead: () => void host.read(rfd, buffer, 0, 8) });
  const ping = socketPing();
  return {
    name: 'pipe byte, aio_poll, handler reads',
    qemuNs: 1180,
    qemu: { row: 'pipe', count: 50_000 },
    c: { row: 'pipe', count: 50_000 },
    ours: op(() => {
      host.write(wfd, buffer, 8, 1);
      ctx.poll(true);
    }),
    node: ping.measure,
    close: () => {
      ctx.close();
      host.close(rfd);
      host.close(wfd);
      ping.close();
    },
  };
}

function nothing(): Row {
  const loop = new MainLoop({ host });
  return {
    name: 'main_loop_wait, nothing to do',
    qemuNs: 830,
    qemu: { row: 'nothing', count: 50_000 },
    c: { row: 'nothing', count: 100_000 },
    ours: op(() => loop.mainLoopWait(true)),
    close: () => loop.close(),
  };
}

function idleMainLoop(): Row {
  const loop = new MainLoop({ host });
  const notifiers = Array.from({ length: 1001 }, () => new EventNotifier(host));
  for (const n of notifiers) loop.setFdHandler(n.fd, { ioRead: () => void n.testAndClear() });
  return {
    name: 'main_loop_wait, 1,000 idle fds + 1 active',
    qemuNs: 197_000,
    qemu: { row: 'idle-mlw-1000', count: 1000 },
    c: { row: 'idle-poll-1000', count: 1000 },
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

function idleAioPoll(): Row {
  const ctx = new AioContext({ host });
  const notifiers = Array.from({ length: 5001 }, () => new EventNotifier(host));
  for (const n of notifiers) ctx.setEventNotifier(n, { ioRead: (e) => void e.testAndClear() });
  return {
    name: 'aio_poll (epoll), 5,000 idle fds + 1 active',
    qemuNs: 1120,
    qemu: { row: 'idle-aio-5000', count: 50_000 },
    c: { row: 'idle-epoll-5000', count: 50_000 },
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

/** Deadlines that look random, the same in each run. */
function deadlines(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return FAR_NS + state;
  };
}

function armTimer(): Row {
  const ctx = new AioContext({ host });
  const next = deadlines();
  const timers = Array.from({ length: 10_000 }, () =>
    ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'bench', () => {}),
  );
  for (const t of timers) t.modNs(next());
  let i = 0;
  return {
    name: 'arming one of 10,000 timers, random deadlines',
    qemuNs: 30_800,
    qemu: { row: 'timer-arm-10000', count: 5_000 },
    ours: op(() => {
      i = (i + 1) % timers.length;
      timers[i]!.modNs(next());
    }),
    node: () => {
      const random = deadlines();
      const node = Array.from({ length: 10_000 }, () => setTimeout(() => {}, random() % 1e9));
      const t = process.hrtime.bigint();
      for (let k = 0; k < 20_000; k++) {
        const at = k % node.length;
        clearTimeout(node[at]);
        node[at] = setTimeout(() => {}, random() % 1e9);
      }
      const ns = Number(process.hrtime.bigint() - t) / 20_000;
      for (const timer of node) clearTimeout(timer);
      return ns;
    },
    close: () => ctx.close(),
  };
}

function runTimers(): Row {
  const ctx = new AioContext({ host });
  const timers = Array.from({ length: 10_000 }, () =>
    ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'bench', () => {}),
  );
  const next = deadlines();
  return {
    name: 'running one expired timer of 10,000',
    qemuNs: 17,
    qemu: { row: 'timer-run-10000', count: 100_000 },
    ours: () => {
      const times: number[] = [];
      for (let round = 0; round < 40; round++) {
        for (const t of timers) t.modNs(next() - FAR_NS);
        const start = process.hrtime.bigint();
        ctx.timers.run();
        times.push(Number(process.hrtime.bigint() - start) / timers.length);
      }
      return times.sort((a, b) => a - b)[times.length >> 1]!;
    },
    close: () => ctx.close(),
  };
}

function createCoroutine(): Row {
  const ctx = new AioContext({ host });
  const coroutines = new Coroutines(ctx);
  function* body(): Generator<void, void, void> {}
  return {
    name: 'coroutine: create and enter',
    qemuNs: 70,
    qemu: { row: 'co-create', count: 200_000 },
    ours: op(() => coroutines.enter(coroutines.create(body))),
    close: () => ctx.close(),
  };
}

function enterCoroutine(): Row {
  const ctx = new AioContext({ host });
  const coroutines = new Coroutines(ctx);
  const co = coroutines.create(function* (): Generator<void, void, void> {
    for (;;) yield;
  });
  return {
    name: 'coroutine: enter-yield pair',
    qemuNs: 61,
    qemu: { row: 'co-yield', count: 200_000 },
    ours: op(() => coroutines.enter(co)),
    close: () => ctx.close(),
  };
}

function systemCall(): Row {
  return {
    name: 'one system call (getppid)',
    qemuNs: 134,
    qemu: { row: 'getppid', count: 200_000 },
    c: { row: 'getppid', count: 200_000 },
    ours: op(() => host.getppid()),
  };
}

export const core: Section = {
  name: 'core',
  about: "the rows of QEMU's reference figures",
  rows: [
    bhPoll,
    oneshot,
    manyBhs,
    bhMainLoop,
    notifierPoll,
    notifierMainLoop,
    pipe,
    nothing,
    idleMainLoop,
    idleAioPoll,
    armTimer,
    runTimers,
    createCoroutine,
    enterCoroutine,
    systemCall,
  ],
};
