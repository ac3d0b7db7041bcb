/** CoMutex, CoQueue and CoRwlock across threads, in the orders that QEMU 7.2 has. */

import { describe, expect, it } from 'vitest';
import type { CoroutineSteps } from '../../../src/coroutine/coroutine.ts';
import { SharedCoMutex } from '../../../src/thread/co/shared-co-mutex.ts';
import { SharedCoQueue } from '../../../src/thread/co/shared-co-queue.ts';
import { SharedCoRwlock } from '../../../src/thread/co/shared-co-rwlock.ts';
import { QemuMutex } from '../../../src/thread/qemu-mutex.ts';
import { makeThreads, type One } from './threads.ts';

function make() {
  const threads = makeThreads();
  const { main, io1, io2 } = threads;
  const mutex = new SharedCoMutex(main.co);
  const mutexes = new Map<One, SharedCoMutex>(
    [main, io1, io2].map((one) => [one, new SharedCoMutex(one.co, mutex.share())]),
  );
  return {
    ...threads,
    mutexOf: (one: One) => mutexes.get(one)!,
    /** Enters a coroutine of a thread, in that thread. */
    enter: (one: One, body: () => CoroutineSteps) => {
      const co = one.co.coroutines!.create(body);
      one.co.coroutines!.enter(co);
      return co;
    },
  };
}

describe('a CoMutex', () => {
  it('that nobody holds is taken by any thread, and nobody yields', () => {
    const { main, io1, log, say, enter, mutexOf } = make();
    for (const one of [main, io1, main]) {
      const co = enter(one, function* () {
        yield* mutexOf(one).lock();
        say(one, 'has it');
        mutexOf(one).unlock();
      });
      expect(co.ended).toBe(true);
    }
    expect(log).toEqual(['main: has it', 'io1: has it', 'main: has it']);
    expect(mutexOf(main).locked).toBe(false);
  });

  it('that is unlocked in another thread wakes its waiter at home', () => {
    const { main, io1, log, say, enter, mutexOf } = make();
    const holder = enter(io1, function* () {
      yield* mutexOf(io1).lock();
      say(io1, 'has it');
      yield;
      say(io1, 'unlocks');
      mutexOf(io1).unlock();
      say(io1, 'unlocked');
    });
    enter(main, function* () {
      say(main, 'wants');
      yield* mutexOf(main).lock();
      say(main, 'has it');
      mutexOf(main).unlock();
    });
    say(main, 'yielded');
    io1.co.coroutines!.enter(holder);
    expect(main.context.poll(false)).toBe(true);
    expect(log).toEqual([
      'io1: has it',
      'main: wants',
      'main: yielded',
      'io1: unlocks',
      'io1: unlocked',
      'main: has it',
    ]);
  });

  it('is handed on in the order of its waiters, whichever thread they are of', () => {
    const { main, io1, io2, log, say, enter, mutexOf } = make();
    const holder = enter(main, function* () {
      yield* mutexOf(main).lock();
      yield;
      mutexOf(main).unlock();
    });
    for (const one of [io1, io2, main, io1]) {
      enter(one, function* () {
        yield* mutexOf(one).lock();
        say(one, 'has it');
        mutexOf(one).unlock();
      });
    }
    main.co.coroutines!.enter(holder);
    for (const one of [io1, io2, main, io1]) one.settle();
    expect(log).toEqual(['io1: has it', 'io2: has it', 'main: has it', 'io1: has it']);
    expect(mutexOf(io2).locked).toBe(false);
  });

  it('aborts if it is unlocked by another coroutine, by nobody, or held at the end', () => {
    const { main, io1, enter, mutexOf } = make();
    const unlock = (one: One): void =>
      void enter(
        one,
        // biome-ignore lint/correctness/useYield: it ends at once
        function* () {
          mutexOf(one).unlock();
        },
      );
    expect(() => unlock(io1)).toThrow("qemu_co_mutex_unlock: Assertion `mutex->locked' failed");
    enter(main, function* () {
      yield* mutexOf(main).lock();
      yield;
    });
    const holder = "qemu_co_mutex_unlock: Assertion `mutex->holder == self' failed";
    expect(() => unlock(io1)).toThrow(holder);
    expect(() => unlock(main)).toThrow(holder);
    expect(() => mutexOf(main).unlock()).toThrow('qemu_in_coroutine()');
    const { io2, enter: enterAnew, mutexOf: another } = make();
    expect(() =>
      enterAnew(io2, function* () {
        yield* another(io2).lock();
      }),
    ).toThrow("qemu_aio_coroutine_enter: Assertion `!to->locks_held' failed");
  });

  it('that an unlocker finds without a waiter on the list is handed to the one that comes', () => {
    const { main, io1, log, say, enter, mutexOf } = make();
    const words = mutexOf(main).share().words;
    const holder = enter(main, function* () {
      yield* mutexOf(main).lock();
      yield;
      mutexOf(main).unlock();
      say(main, 'unlocked');
    });
    // As a waiter of io1 between its count and its place in the list.
    words[0] = 2;
    main.co.coroutines!.enter(holder);
    expect([words[0], words[3] !== 0]).toEqual([1, true]);
    words[0] = 1;
    const waiter = enter(io1, function* () {
      yield* mutexOf(io1).lock();
      say(io1, 'has it');
      mutexOf(io1).unlock();
    });
    expect([waiter.ended, log]).toEqual([true, ['main: unlocked', 'io1: has it']]);
  });
});

describe('a CoQueue', () => {
  it('restarts all under a mutex: each goes on at home, in order', () => {
    const { main, io1, io2, log, say, enter, mutexOf } = make();
    const queue = new SharedCoQueue(main.co);
    const queueOf = (one: One) => new SharedCoQueue(one.co, queue.share());
    const wait = (one: One, text: string) =>
      enter(one, function* () {
        yield* mutexOf(one).lock();
        say(one, `${text} waits`);
        yield* queueOf(one).wait(mutexOf(one));
        say(one, `${text} goes on`);
        mutexOf(one).unlock();
      });
    wait(main, 'a');
    wait(io1, 'b');
    wait(io1, 'c');
    expect(queue.empty).toBe(false);
    enter(io2, function* () {
      yield* mutexOf(io2).lock();
      say(io2, 'd restarts all');
      queueOf(io2).restartAll();
      say(io2, 'd unlocks');
      mutexOf(io2).unlock();
    });
    // The mutex goes to those that ask for it first.
    for (let i = 0; i < 3; i++) {
      main.settle();
      io1.settle();
    }
    expect(log).toEqual([
      'main: a waits',
      'io1: b waits',
      'io1: c waits',
      'io2: d restarts all',
      'io2: d unlocks',
      'main: a goes on',
      'io1: b goes on',
      'io1: c goes on',
    ]);
    expect(queue.empty).toBe(true);
  });

  it('lets in at the front, and wakes one at a time', () => {
    const { main, log, say, enter, mutexOf } = make();
    const queue = new SharedCoQueue(main.co);
    for (const [text, isFront] of [
      ['a', false],
      ['b', false],
      ['c', true],
      ['d', false],
    ] as const) {
      enter(main, function* () {
        yield* mutexOf(main).lock();
        yield* isFront ? queue.waitFront(mutexOf(main)) : queue.wait(mutexOf(main));
        say(main, text);
        mutexOf(main).unlock();
      });
    }
    for (let i = 0; i < 5; i++) {
      enter(main, function* () {
        yield* mutexOf(main).lock();
        log.push(`${queue.next()}`);
        mutexOf(main).unlock();
      });
    }
    const woken = ['c', 'a', 'b', 'd'].flatMap((text) => ['true', `main: ${text}`]);
    expect(log).toEqual([...woken, 'false']);
  });

  it('under a thread’s mutex is entered from outside of coroutines', () => {
    const { main, io1, host, log, say, enter } = make();
    const queue = new SharedCoQueue(main.co);
    const mutex = new QemuMutex(host);
    const its = new QemuMutex(host, mutex.share());
    enter(io1, function* () {
      its.lock();
      say(io1, 'waits');
      yield* new SharedCoQueue(io1.co, queue.share()).wait(its);
      say(io1, `goes on, locked=${!mutex.tryLock()}`);
      its.unlock();
    });
    mutex.lock();
    say(main, `entered=${queue.enterNext(mutex)}`);
    expect(mutex.tryLock()).toBe(false);
    mutex.unlock();
    io1.settle();
    mutex.lock();
    say(main, `entered=${queue.enterNext(mutex)}`);
    expect(log).toEqual([
      'io1: waits',
      'main: entered=true',
      'io1: goes on, locked=true',
      'main: entered=false',
    ]);
    queue.enterAll(mutex);
  });
});

describe('a CoRwlock', () => {
  it('lets readers in together, then the writer, then the reader behind it', () => {
    const { main, io1, io2, log, say, enter } = make();
    const lock = new SharedCoRwlock(main.co);
    const lockOf = (one: One) => new SharedCoRwlock(one.co, lock.share());
    const read = (one: One, text: string, holds: boolean) =>
      enter(one, function* () {
        yield* lockOf(one).rdlock();
        say(one, `${text} reads`);
        if (holds) yield;
        say(one, `${text} unlocks`);
        yield* lockOf(one).unlock();
      });
    const r1 = read(io1, 'r1', true);
    const r2 = read(main, 'r2', true);
    enter(io1, function* () {
      say(io1, 'w wants to write');
      yield* lockOf(io1).wrlock();
      say(io1, 'w writes');
      yield* lockOf(io1).unlock();
    });
    read(io2, 'r3', false);
    io1.co.coroutines!.enter(r1);
    main.co.coroutines!.enter(r2);
    for (let i = 0; i < 3; i++) for (const one of [main, io1, io2]) one.settle();
    expect(log).toEqual([
      'io1: r1 reads',
      'main: r2 reads',
      'io1: w wants to write',
      'io1: r1 unlocks',
      'main: r2 unlocks',
      'io1: w writes',
      'io2: r3 reads',
      'io2: r3 unlocks',
    ]);
  });

  it('lets waiting readers in together', () => {
    const { main, io1, io2, log, say, enter } = make();
    const lock = new SharedCoRwlock(main.co);
    const lockOf = (one: One) => new SharedCoRwlock(one.co, lock.share());
    const writer = enter(main, function* () {
      yield* lock.wrlock();
      yield;
      yield* lock.unlock();
    });
    const readers = [io1, io2].map((one) =>
      enter(one, function* () {
        yield* lockOf(one).rdlock();
        say(one, 'reads');
        yield;
        yield* lockOf(one).unlock();
      }),
    );
    main.co.coroutines!.enter(writer);
    for (const one of [io1, io2]) one.settle();
    expect(log).toEqual(['io1: reads', 'io2: reads']);
    io1.co.coroutines!.enter(readers[0]!);
    io2.co.coroutines!.enter(readers[1]!);
    expect(lock.share().words[0]).toBe(0);
  });

  it('turns a writer into a reader, and a reader into a writer', () => {
    const { main, io1, log, say, enter } = make();
    const lock = new SharedCoRwlock(main.co);
    const its = new SharedCoRwlock(io1.co, lock.share());
    const first = enter(main, function* () {
      yield* lock.wrlock();
      yield;
      yield* lock.downgrade();
      say(main, 'reads');
      yield;
      yield* lock.upgrade();
      say(main, 'writes');
      yield* lock.unlock();
    });
    const second = enter(io1, function* () {
      yield* its.rdlock();
      say(io1, 'reads');
      yield;
      yield* its.unlock();
    });
    main.co.coroutines!.enter(first);
    io1.settle();
    main.co.coroutines!.enter(first);
    expect(log).toEqual(['main: reads', 'io1: reads']);
    io1.co.coroutines!.enter(second);
    main.settle();
    expect(log.at(-1)).toBe('main: writes');
  });

  it('aborts if it is unlocked by nobody, or changed by one that does not hold it', () => {
    const { main, enter } = make();
    const lock = new SharedCoRwlock(main.co);
    expect(() => enter(main, () => lock.unlock())).toThrow(
      "qemu_co_rwlock_unlock: Assertion `lock->owners == -1' failed",
    );
    const anew = new SharedCoRwlock(main.co);
    expect(() => enter(main, () => anew.downgrade())).toThrow("lock->owners == -1' failed");
    const third = new SharedCoRwlock(main.co);
    expect(() => enter(main, () => third.upgrade())).toThrow("lock->owners > 0' failed");
  });
});
