/** CoQueue, CoMutex, CoRwlock: the order in which waiters get their turn. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoMutex } from '../../src/coroutine/co-mutex.ts';
import { CoQueue } from '../../src/coroutine/co-queue.ts';
import { CoRwlock } from '../../src/coroutine/co-rwlock.ts';
import type { Coroutine, CoroutineSteps } from '../../src/coroutine/coroutine.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import { onSim } from '../support/rig.ts';

function withCoroutines(body: (co: Coroutines, log: string[]) => void): () => void {
  return onSim((rig) => {
    const co = new Coroutines(rig.context());
    body(co, rig.log);
    co.dispose();
    co.ctx.poll(false);
  });
}

function start(co: Coroutines, body: (opaque: undefined) => CoroutineSteps): Coroutine {
  const c = co.create(body);
  co.enter(c);
  return c;
}

/** A body that never yields. */
function once<T = undefined>(act: (opaque: T) => void): (opaque: T) => CoroutineSteps {
  return function* (opaque) {
    act(opaque);
    yield* [];
  };
}

describe('CoQueue', () => {
  it(
    'is first come first served, except for wait_front',
    withCoroutines((co, log) => {
      const queue = new CoQueue(co);
      expect(queue.enterNext()).toBe(false);
      for (const name of ['a', 'b', 'c']) {
        start(co, function* () {
          yield* name === 'c' ? queue.waitFront() : queue.wait();
          log.push(name);
        });
      }
      expect(queue.empty).toBe(false);
      queue.enterNext();
      expect(log).toEqual(['c']);
      queue.enterAll();
      expect(log).toEqual(['c', 'a', 'b']);
      expect(queue.empty).toBe(true);
    }),
  );

  it(
    'runs the woken after the waker',
    withCoroutines((co, log) => {
      const queue = new CoQueue(co);
      for (const name of ['a', 'b']) {
        start(co, function* () {
          yield* queue.wait();
          log.push(name);
        });
      }
      start(
        co,
        once(() => {
          queue.restartAll();
          log.push('waker');
        }),
      );
      expect(log).toEqual(['waker', 'a', 'b']);
    }),
  );

  it(
    'lets go of a mutex while it waits, and takes it again',
    withCoroutines((co, log) => {
      const queue = new CoQueue(co);
      const mutex = new CoMutex(co);
      start(co, function* () {
        yield* mutex.lock();
        yield* queue.wait(mutex);
        log.push(`again ${co.self.locksHeld}`);
        mutex.unlock();
      });
      expect(mutex.locked).toBe(false);
      const holder = start(co, function* () {
        yield* mutex.lock();
        queue.next();
        yield;
        log.push('held');
        mutex.unlock();
      });
      expect(log).toEqual([]);
      co.enter(holder);
      expect(log).toEqual(['held', 'again 1']);
    }),
  );
});

describe('CoMutex', () => {
  it(
    'aborts if unlocked by another, if unlocked while free, and if held at the end',
    withCoroutines((co) => {
      const mutex = new CoMutex(co);
      expect(() =>
        start(
          co,
          once(() => {
            mutex.unlock();
          }),
        ),
      ).toThrow("qemu_co_mutex_unlock: Assertion `mutex->locked' failed.");
      start(co, function* () {
        yield* mutex.lock();
        yield;
      });
      expect(() =>
        start(
          co,
          once(() => {
            mutex.unlock();
          }),
        ),
      ).toThrow("Assertion `mutex->holder == self' failed.");
      const other = new CoMutex(co);
      expect(() =>
        start(co, function* () {
          yield* other.lock();
        }),
      ).toThrow("qemu_aio_coroutine_enter: Assertion `!to->locks_held' failed.");
    }),
  );

  it('is held by one at a time, in the order of the requests', () => {
    const turns = fc.array(fc.nat({ max: 3 }), { maxLength: 60 });
    fc.assert(
      fc.property(turns, (choices) => {
        withCoroutines((co) => {
          const mutex = new CoMutex(co);
          const [asked, got]: [number[], number[]] = [[], []];
          let holders = 0;
          const workers = [0, 1, 2, 3].map((id) =>
            co.create(function* () {
              for (;;) {
                asked.push(id);
                yield* mutex.lock();
                got.push(id);
                expect(++holders).toBe(1);
                yield;
                holders--;
                mutex.unlock();
                yield;
              }
            }),
          );
          // A coroutine that waits for the mutex must not be entered by another.
          const waits = (id: number): boolean =>
            asked.lastIndexOf(id) >= 0 && count(asked, id) > count(got, id);
          for (const id of choices) if (!waits(id)) co.enter(workers[id]!);
          expect(got).toEqual(asked.slice(0, got.length));
        })();
      }),
    );
  });
});

function count(list: readonly number[], item: number): number {
  return list.filter((one) => one === item).length;
}

describe('CoRwlock', () => {
  function worker(co: Coroutines, log: string[], lock: CoRwlock, name: string): Coroutine {
    return start(co, function* () {
      yield* name.startsWith('w') ? lock.wrlock() : lock.rdlock();
      log.push(`+${name}`);
      yield;
      lock.unlock();
      log.push(`-${name}`);
    });
  }

  it(
    'lets readers in together, a writer alone, and nobody past a writer that waits',
    withCoroutines((co, log) => {
      const lock = new CoRwlock(co);
      const [r1, r2] = [worker(co, log, lock, 'r1'), worker(co, log, lock, 'r2')];
      const w = worker(co, log, lock, 'w');
      const [r3, r4] = [worker(co, log, lock, 'r3'), worker(co, log, lock, 'r4')];
      expect(log).toEqual(['+r1', '+r2']);
      co.enter(r1);
      expect(log.at(-1)).toBe('-r1');
      co.enter(r2);
      expect(log.slice(3)).toEqual(['-r2', '+w']);
      co.enter(w);
      expect(log.slice(5)).toEqual(['-w', '+r3', '+r4']);
      co.enter(r3);
      co.enter(r4);
    }),
  );

  it(
    'is downgraded, which lets in the next readers in line',
    withCoroutines((co, log) => {
      const lock = new CoRwlock(co);
      const w = start(co, function* () {
        yield* lock.wrlock();
        yield;
        lock.downgrade();
        log.push('reads');
        yield;
        lock.unlock();
      });
      const r = worker(co, log, lock, 'r');
      co.enter(w);
      expect(log).toEqual(['reads', '+r']);
      co.enter(w);
      co.enter(r);
    }),
  );

  it(
    'is upgraded behind those that wait already',
    withCoroutines((co, log) => {
      const lock = new CoRwlock(co);
      const upgrader = start(co, function* () {
        yield* lock.rdlock();
        yield;
        yield* lock.upgrade();
        log.push('writes');
        lock.unlock();
      });
      const w = worker(co, log, lock, 'w');
      co.enter(upgrader);
      expect(log).toEqual(['+w']);
      co.enter(w);
      expect(log).toEqual(['+w', '-w', 'writes']);
    }),
  );

  it(
    'aborts if nobody holds it',
    withCoroutines((co) => {
      const lock = new CoRwlock(co);
      expect(() => lock.unlock()).toThrow("Assertion `qemu_in_coroutine()' failed.");
      expect(() =>
        start(
          co,
          once(() => {
            lock.unlock();
          }),
        ),
      ).toThrow("Assertion `lock->owners == -1' failed.");
      expect(() =>
        start(
          co,
          once(() => {
            lock.downgrade();
          }),
        ),
      ).toThrow('qemu_co_rwlock_downgrade');
      expect(() =>
        start(co, function* () {
          yield* lock.upgrade();
        }),
      ).toThrow('qemu_co_rwlock_upgrade');
    }),
  );
});
