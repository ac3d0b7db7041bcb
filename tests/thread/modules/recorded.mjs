// The IOThreads' parts of recorded cases: `data.part` names one.
import {
  Coroutines,
  coYield,
  IdleSource,
  QemuMutex,
  SharedCoMutex,
  SharedCoQueue,
  SharedCoroutines,
} from 'qemu-loop';
import { sayer } from './say.mjs';

const parts = {
  /** Tells how its context polls. */
  tells({ context }, say) {
    const tell = () => {
      const { maxNs, grow, shrink } = context.polling;
      say(`max=${maxNs} grow=${grow} shrink=${shrink} batch=${context.aioMaxBatch}`);
    };
    context.newEntry('tell', tell);
  },

  bh({ context }, say) {
    context.newEntry('bh', () => say('bh'));
  },

  /** A coroutine that others may schedule. */
  coroutine({ context, thread, data }, say) {
    const shared = new SharedCoroutines(thread, new Coroutines(context));
    const co = shared.coroutines.create(function* () {
      say('co');
      yield;
    });
    data.port.postMessage(shared.share(co).share());
    data.port.close();
  },

  gcontext({ context, getGMainContext }, say) {
    context.newEntry('attach', () => {
      getGMainContext().attach(
        new IdleSource(() => {
          say(`idle ctx=${context.name}`);
          return false;
        }),
      );
    });
    context.newEntry('b', () => say('b'));
  },

  yields({ context }, say) {
    const coroutines = new Coroutines(context);
    const bh = context.newBottomHalf('b', () => {
      bh.delete();
      say('yields');
      coYield(coroutines).next();
    });
    bh.schedule();
  },

  /** A descriptor whose data can be seen in a word. */
  polls({ context, host, data }, say) {
    const { words, fd } = data;
    const buffer = host.alloc(8);
    context.setFdHandler(fd, {
      ioRead: () => {
        Atomics.store(words, 0, 0);
        host.read(fd, buffer, 0, 8);
        say(`read ctx=${context.name}`);
      },
      ioPoll: () => {
        Atomics.add(words, 1, 1);
        return Atomics.load(words, 0) !== 0;
      },
      ioPollReady: () => {
        Atomics.store(words, 0, 0);
        host.read(fd, buffer, 0, 8);
        say('ready');
      },
    });
    context.newEntry('tell', () => {
      Atomics.store(words, 2, context.polling.pollNs / 1e6);
      Atomics.add(words, 3, 1);
      host.futexWake(words, 3, 1);
    });
  },

  /** Coroutines that wait in a queue under a CoMutex, and one that restarts all. */
  queue({ context, thread, data }, say) {
    const co = new SharedCoroutines(thread, new Coroutines(context));
    const mutex = new SharedCoMutex(co, data.mutex);
    const queue = new SharedCoQueue(co, data.queue);
    const begin = (body) => co.coroutines.enter(co.coroutines.create(body));
    const waits = (name) =>
      begin(function* () {
        yield* mutex.lock();
        say(`${name} waits`);
        yield* queue.wait(mutex);
        say(`${name} goes on ctx=${thread.currentContext.name}`);
        mutex.unlock();
      });
    context.newEntry('b', () => waits('b'));
    context.newEntry('c', () => waits('c'));
    context.newEntry('d', () =>
      begin(function* () {
        yield* mutex.lock();
        say('d restarts all');
        queue.restartAll();
        say('d unlocks');
        mutex.unlock();
      }),
    );
  },

  /** A coroutine that waits under a mutex of threads. */
  queueUnderMutex({ context, thread, host, data }, say) {
    const co = new SharedCoroutines(thread, new Coroutines(context));
    const mutex = new QemuMutex(host, data.mutex);
    const queue = new SharedCoQueue(co, data.queue);
    context.newEntry('wait', () => {
      const body = co.coroutines.create(function* () {
        mutex.lock();
        say('waits');
        yield* queue.wait(mutex);
        say(`goes on ctx=${thread.currentContext.name}`);
        mutex.unlock();
      });
      co.coroutines.enter(body);
    });
  },
};

export default function main(io) {
  parts[io.data.part](io, sayer(io.data, io.name, io.host));
}
