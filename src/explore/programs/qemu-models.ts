/**
 * Algorithms of QEMU that have no class here, as their descriptions give them: the event of its
 * Windows threads, and the sections in which one CPU runs alone.
 */

import { type BuiltIn, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import type { Explorable } from '../program.ts';

// QemuEvent: SET, FREE (nobody waits), BUSY (somebody may wait on the kernel's object).
const [SET, FREE, BUSY] = [0, 1, -1] as const;
const [EVENT, OBJECT, READY] = [0, 1, 2] as const;

/** qemu_event_set: only a waiter costs a call of the kernel. */
function setEvent(words: ExploredWords, isFenced: boolean): void {
  words.named('qemu_event_set', () => {
    if (isFenced) words.fence();
    if (words.load(EVENT) === SET) return;
    if (words.exchange(EVENT, SET) === BUSY) words.storeFenced(OBJECT, 1);
  });
}

/** qemu_event_reset. */
function resetEvent(words: ExploredWords): void {
  words.named('qemu_event_reset', () => {
    if (words.load(EVENT) === SET) words.fetchOr(EVENT, FREE);
    words.fence();
  });
}

/** qemu_event_wait. */
function waitEvent(words: ExploredWords, resetsFirst: boolean): void {
  words.named('qemu_event_wait', () => {
    let value = words.load(EVENT);
    if (value === SET) return;
    if (value === FREE) {
      if (resetsFirst) words.storeFenced(OBJECT, 0);
      value = words.compareExchange(EVENT, FREE, BUSY);
      if (value === SET) return;
      if (!resetsFirst) words.storeFenced(OBJECT, 0);
    }
    words.sleepOn(OBJECT);
  });
}

const EVENT_WORDS: Readonly<Record<number, WordText>> = {
  [EVENT]: {
    name: 'EVENT',
    says: {
      load: 'looks at the event',
      exchange: 'sets the event',
      or: 'resets the event',
      'compare and exchange': 'says that somebody waits',
    },
  },
  [OBJECT]: { name: 'OBJECT', says: { 'sleep on': "sleeps on the kernel's object" } },
  [READY]: { name: 'READY 1' },
  [READY + 1]: { name: 'READY 2' },
};

function makeEvent(without: string): Explorable {
  const setter =
    (number: number) =>
    (words: ExploredWords): void => {
      words.store(READY + number, 1);
      setEvent(words, without !== 'set-mb');
    };
  return program(
    {
      waiter: (words) => {
        resetEvent(words);
        if (words.load(READY) === 1 && words.load(READY + 1) === 1) return undefined;
        waitEvent(words, without !== 'object-first');
        return 1;
      },
      'setter 1': setter(0),
      'setter 2': setter(1),
    },
    { initial: { [EVENT]: FREE } },
  );
}

export const WIN32_EVENT: BuiltIn = {
  name: 'win32-qemu-event',
  about: 'a thread waits for two words with a QemuEvent of Windows, which two others set',
  words: EVENT_WORDS,
  make: makeEvent,
  weakenings: [
    {
      name: 'set-mb',
      about: 'qemu_event_set has no barrier before it looks at the event',
      model: 'TSO',
    },
    {
      name: 'object-first',
      about: "the kernel's object is reset after the event says that somebody waits",
      model: 'SC',
    },
  ],
};

// start_exclusive, end_exclusive, cpu_exec_start, cpu_exec_end. Words of CPU i stand at 10 * (i + 1).
const [LOCK, PENDING, INSIDE, RESUME, COND] = [100, 101, 102, 103, 104] as const;
const RUNNING = 0;
const HAS_WAITER = 1;

const at = (cpu: number, word: number): number => 10 * (cpu + 1) + word;

function lock(words: ExploredWords): void {
  words.named('lock', () => {
    while (words.exchange(LOCK, 1) !== 0) words.waitForZero(LOCK);
  });
}

function unlock(words: ExploredWords): void {
  words.named('unlock', () => words.exchange(LOCK, 0));
}

function waitOn(words: ExploredWords, condition: number): void {
  const seen = words.load(condition);
  unlock(words);
  words.futexWait(condition, seen);
  lock(words);
}

function signal(words: ExploredWords, condition: number): void {
  words.fetchAdd(condition, 1);
  words.futexWake(condition, 9);
}

function idle(words: ExploredWords): void {
  while (words.load(PENDING) !== 0) waitOn(words, RESUME);
}

/** One CPU asks the others to leave, and runs alone. */
function exclusive(words: ExploredWords, self: number, cpus: number, isFenced: boolean): void {
  words.named('start_exclusive', () => {
    lock(words);
    idle(words);
    words.store(PENDING, 1);
    if (isFenced) words.fence();
    let running = 0;
    for (let cpu = 0; cpu < cpus; cpu++) {
      if (cpu === self || words.load(at(cpu, RUNNING)) === 0) continue;
      words.store(at(cpu, HAS_WAITER), 1);
      running++;
    }
    words.store(PENDING, running + 1);
    while (words.load(PENDING) > 1) waitOn(words, COND);
    unlock(words);
  });
  if (words.named('alone', () => words.fetchAdd(INSIDE, 1)) !== 0) throw new Error('is not alone');
  words.named('alone', () => words.fetchAdd(INSIDE, -1));
  words.named('end_exclusive', () => {
    lock(words);
    words.store(PENDING, 0);
    signal(words, RESUME);
    unlock(words);
  });
}

/** One CPU runs guest code. */
function execute(words: ExploredWords, self: number, isFenced: boolean): void {
  words.named('cpu_exec_start', () => {
    words.store(at(self, RUNNING), 1);
    if (isFenced) words.fence();
    if (words.load(PENDING) === 0) return;
    lock(words);
    if (words.load(at(self, HAS_WAITER)) === 0) {
      words.store(at(self, RUNNING), 0);
      idle(words);
      words.store(at(self, RUNNING), 1);
    }
    unlock(words);
  });
  if (words.named('guest code', () => words.fetchAdd(INSIDE, 16)) % 16 !== 0) {
    throw new Error('runs beside a CPU that is to be alone');
  }
  words.named('guest code', () => words.fetchAdd(INSIDE, -16));
  words.named('cpu_exec_end', () => {
    words.store(at(self, RUNNING), 0);
    words.fence();
    if (words.load(PENDING) === 0) return;
    lock(words);
    if (words.load(at(self, HAS_WAITER)) !== 0) {
      words.store(at(self, HAS_WAITER), 0);
      const left = words.load(PENDING) - 1;
      words.store(PENDING, left);
      if (left === 1) signal(words, COND);
    }
    unlock(words);
  });
}

const CPUS = 2;
const cpuWords = Array.from({ length: CPUS }, (_, cpu): [number, WordText][] => [
  [at(cpu, RUNNING), { name: `RUNNING ${cpu}` }],
  [at(cpu, HAS_WAITER), { name: `HAS_WAITER ${cpu}` }],
]).flat();

export const TCG_EXCLUSIVE: BuiltIn = {
  name: 'tcg-exclusive',
  about: 'two CPUs run guest code; each asks once to run alone',
  words: {
    ...Object.fromEntries(cpuWords),
    [LOCK]: { name: 'LOCK' },
    [PENDING]: { name: 'PENDING', says: { load: 'looks whether a CPU wants to be alone' } },
    [INSIDE]: { name: 'INSIDE' },
    [RESUME]: { name: 'RESUME' },
    [COND]: { name: 'COND' },
  },
  make: (without) => {
    const cpu = (self: number) => (words: ExploredWords, round: number) => {
      if (round === 0) execute(words, self, without !== 'exec-mb');
      else exclusive(words, self, CPUS, without !== 'exclusive-mb');
      return round === 0 ? 1 : undefined;
    };
    return program({ 'cpu 0': cpu(0), 'cpu 1': cpu(1) });
  },
  weakenings: [
    {
      name: 'exec-mb',
      about: 'cpu_exec_start looks for a CPU that wants to be alone, with no barrier before',
      model: 'TSO',
    },
    {
      name: 'exclusive-mb',
      about:
        'start_exclusive looks who runs, with no barrier after it said that it wants to be alone',
      model: 'TSO',
    },
  ],
};
