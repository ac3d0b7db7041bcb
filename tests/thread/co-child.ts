/** Run alone by co.test.ts: coroutines between real threads, as fast as they can. */

import type { AioContext } from '../../src/aio/aio-context.ts';
import type { CoroutineSteps } from '../../src/coroutine/coroutine.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import type { MovingCoroutine } from '../../src/thread/co/moving-coroutine.ts';
import { type CoMutexHandle, SharedCoMutex } from '../../src/thread/co/shared-co-mutex.ts';
import { SharedCoroutines } from '../../src/thread/co/shared-coroutines.ts';
import { type Case, type MainSelf, type Offered, play, type Self } from './cast.ts';

const COROUTINES = 4;
const COUNTS = 500;
const HOPS = 3000;
/** Words that the threads share. */
const COUNT = 0;
const ENDED = 1;

interface Given {
  readonly co: SharedCoroutines;
  readonly handed: Handed;
}

interface Handed {
  readonly mutex: CoMutexHandle;
  readonly words: Int32Array;
}

const setUp: Case['setUp'] = (machine, loop): Given => {
  const co = new SharedCoroutines(machine.thread, new Coroutines(loop.context));
  const words = new Int32Array(new SharedArrayBuffer(8));
  return { co, handed: { mutex: new SharedCoMutex(co).share(), words } };
};

/** Locks, counts and unlocks, again and again. */
function* count(self: Self, co: SharedCoroutines, { mutex, words }: Handed): CoroutineSteps {
  const shared = new SharedCoMutex(co, mutex);
  for (let i = 0; i < COUNTS; i++) {
    yield* shared.lock();
    words[COUNT] = words[COUNT]! + 1;
    shared.unlock();
  }
  Atomics.add(words, ENDED, 1);
  self.thread.aioWait.kick();
}

function counter(self: Self, context: AioContext): Offered {
  const co = new SharedCoroutines(self.thread, new Coroutines(context));
  co.addEntry('count', () => count(self, co, self.given as Handed));
  return {};
}

/** Hops from thread to thread; each adds 1. */
function hop(self: Self, co: MovingCoroutine, words: Int32Array): CoroutineSteps {
  return (function* () {
    for (let label = co.label; label < HOPS; label++) {
      words[COUNT] = words[COUNT]! + 1;
      yield* co.rescheduleTo((label * 7 + co.numbers[0]!) % 3, label + 1);
    }
    Atomics.add(words, ENDED, 1);
    self.thread.aioWait.kick();
  })();
}

function hopper(self: Self, context: AioContext): Offered {
  const co = new SharedCoroutines(self.thread, new Coroutines(context));
  co.addEntry('hop', (moving) => hop(self, moving, (self.given as Handed).words));
  return {};
}

function waitForEnd(self: MainSelf, { handed }: Given, coroutines: number): void {
  self.thread.aioWait.waitWhile(null, () => Atomics.load(handed.words, ENDED) !== coroutines);
  self.say(`count=${handed.words[COUNT]}`);
}

const cases: Record<string, Case> = {
  comutex_counts_under_contention: {
    setUp,
    io: { io1: counter, io2: counter, io3: counter },
    main: (self) => {
      const given = self.given as Given;
      for (const name of ['io1', 'io2', 'io3']) {
        const { context } = self.other(name);
        for (let i = 0; i < COROUTINES; i++) given.co.create('count').schedule(context);
      }
      waitForEnd(self, given, 3 * COROUTINES);
    },
  },
  coroutines_that_wander: {
    setUp,
    io: { io1: hopper, io2: hopper },
    main: (self) => {
      const given = self.given as Given;
      const { co, handed } = given;
      co.addEntry('hop', (moving) => hop(self, moving, handed.words));
      self.other('io1');
      self.other('io2');
      co.create('hop', 1).enter();
      waitForEnd(self, given, 1);
    },
  },
};

void play(cases);
