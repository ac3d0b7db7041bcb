import { MessageChannel } from 'node:worker_threads';
import {
  AioContext,
  Coroutines,
  EventNotifier,
  LinuxHost,
  MainLoop,
  O_CLOEXEC,
  O_NONBLOCK,
} from '../src/index.ts';
import { bottomHalves } from './bottom-halves.ts';
import { idleAioPoll, idleMainLoop, idleRing } from './idle.ts';
import { nodeLoop, op } from './measure.ts';
import { socketPing } from './node-peers.ts';
import { SYSTEM_CALL } from './recorded.ts';
import type { Row, Section } from './row.ts';
import { systemCallNotes } from './system-calls.ts';
import { expire, rearm } from './timers.ts';

const host = new LinuxHost();

function bhPoll(): Row {
  const ctx = new AioContext({ host });
  const bh = ctx.newBottomHalf('bench', () => {});
  return {
    name: 'qemu_bh_schedule + aio_poll',
    recorded: 'bh',
    limit: 'V8’s code: no system call',
    qemu: { row: 'bh', count: 300_000 },
    glib: { row: 'idle', count: 100_000 },
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
    recorded: 'bh-oneshot',
    limit: 'V8’s code: no system call',
    qemu: { row: 'bh-oneshot', count: 300_000 },
    glib: { row: 'oneshot', count: 100_000 },
    ours: op(() => {
      ctx.scheduleOneshot('bench', callback);
      ctx.poll(true);
    }),
    close: () => ctx.close(),
  };
}

function sharedBh(): Row {
  const ctx = new AioContext({ host });
  const bh = ctx.newBottomHalf('bench', () => {});
  bh.share();
  return {
    name: '1 bottom half shared, scheduled at home',
    limit: 'atomic operations, since other threads may schedule it',
    ours: op(() => {
      bh.schedule();
      ctx.poll(true);
    }),
    close: () => ctx.close(),
  };
}

function bhMainLoop(): Row {
  const loop = new MainLoop({ host });
  const bh = loop.newBottomHalf('bench', () => {});
  return {
    name: 'bottom half through main_loop_wait',
    recorded: 'bh-mlw',
    limit: 'a system call: the poll of all fds',
    qemu: { row: 'bh-mlw', count: 50_000 },
    glib: { row: 'idle', count: 100_000 },
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
    recorded: 'notifier',
    limit: 'system calls: write, wait',
    qemu: { row: 'notifier', count: 50_000 },
    glib: { row: 'eventfd-0', count: 50_000 },
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

function throughMainLoop(
  name: string,
  limit: string,
  watch: (loop: MainLoop, notifier: EventNotifier) => void,
): Row {
  const loop = new MainLoop({ host });
  const notifier = new EventNotifier(host);
  watch(loop, notifier);
  return {
    name,
    recorded: 'notifier-mlw',
    limit,
    qemu: { row: 'notifier-mlw', count: 50_000 },
    glib: { row: 'eventfd-0', count: 50_000 },
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

function notifierMainLoop(): Row {
  const limit = 'system calls: write, wait, read';
  return throughMainLoop('the same through main_loop_wait', limit, (loop, notifier) =>
    loop.setFdHandler(notifier.fd, { ioRead: () => void notifier.testAndClear() }),
  );
}

/** The same, but the loop knows that the fd is a notifier, and may watch it by edges. */
function edgeMainLoop(): Row {
  const limit = 'system calls: write, wait';
  return throughMainLoop('the same, by aio_set_event_notifier', limit, (loop, notifier) =>
    loop.iohandler.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() }),
  );
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
    recorded: 'pipe',
    limit: 'system calls: write, wait, read',
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
    recorded: 'nothing',
    limit: 'a system call: the poll',
    qemu: { row: 'nothing', count: 50_000 },
    glib: { row: 'nothing', count: 100_000 },
    c: { row: 'nothing', count: 100_000 },
    ours: op(() => loop.mainLoopWait(true)),
    close: () => loop.close(),
  };
}

function createCoroutine(): Row {
  const ctx = new AioContext({ host });
  const coroutines = new Coroutines(ctx);
  function* body(): Generator<void, void, void> {}
  return {
    name: 'coroutine: create and enter',
    recorded: 'co-create',
    limit: 'V8: a generator is made',
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
    recorded: 'co-yield',
    limit: 'V8: a generator goes on',
    qemu: { row: 'co-yield', count: 200_000 },
    ours: op(() => coroutines.enter(co)),
    close: () => ctx.close(),
  };
}

function systemCall(): Row {
  return {
    name: SYSTEM_CALL,
    recorded: 'getppid',
    limit: 'koffi, beyond the call',
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
    sharedBh,
    () => ({ ...bottomHalves(1000), recorded: 'bh-1000' }),
    bhMainLoop,
    notifierPoll,
    notifierMainLoop,
    edgeMainLoop,
    pipe,
    nothing,
    () => ({ ...idleMainLoop(1000), recorded: 'idle-mlw-1000' }),
    () => idleRing(1000),
    () => ({ ...idleAioPoll(5000), recorded: 'idle-aio-5000' }),
    () => ({ ...rearm(10_000), recorded: 'timer-rearm-10000' }),
    () => ({ ...expire(10_000), recorded: 'timer-run-10000' }),
    createCoroutine,
    enterCoroutine,
    systemCall,
  ],
  notes: systemCallNotes,
};
