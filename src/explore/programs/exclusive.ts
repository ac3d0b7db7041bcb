/** The sections in which a vCPU runs alone. */

import {
  CPU_LIST_MUTEX,
  EXCLUSIVE_COND,
  EXCLUSIVE_RESUME,
  PENDING_CPUS,
} from '../../thread/machine-words.ts';
import { Exclusive } from '../../thread/vcpu/exclusive.ts';
import { HAS_WAITER, ROW_WORDS, RUNNING } from '../../thread/vcpu/vcpu-rows.ts';
import { type BuiltIn, program, type WordText } from '../built-in.ts';
import type { ExploredWords, Weaken } from '../explored-words.ts';
import { futexHost } from '../futex-host.ts';
import { LOAD } from '../operation.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { plainly } from '../weaken.ts';

/** How many vCPUs are in their programs, in sixteens, and how many are alone. */
const INSIDE = 100;
const IN_PROGRAM = 16;
const MACHINE = new ExploredMemory(1000);
const ROWS = new ExploredMemory(2000);
const CPUS = 2;

const rowWord = (cpu: number, word: number): number => ROWS.first + ROW_WORDS * cpu + word;
const PENDING = MACHINE.first + PENDING_CPUS;

/** A vCPU runs its program once, and is alone once. */
function cpu(number: number) {
  return (words: ExploredWords, round: number): number | undefined =>
    withArrays(words, [MACHINE, ROWS], () => {
      const exclusive = words.watch(
        new Exclusive({
          host: futexHost(words, MACHINE),
          words: new Int32Array(MACHINE.buffer),
          rows: new Int32Array(ROWS.buffer),
          rowsEnd: ROW_WORDS * CPUS,
          own: ROW_WORDS * number,
          trace: null,
          kick: () => {},
        }),
      );
      if (round === 0) {
        exclusive.execStart();
        runProgram(words);
        exclusive.execEnd();
        return 1;
      }
      exclusive.start();
      runAlone(words);
      exclusive.end();
      return undefined;
    });
}

function runProgram(words: ExploredWords): void {
  if (words.named('the program', () => words.fetchAdd(INSIDE, IN_PROGRAM)) % IN_PROGRAM !== 0) {
    throw new Error('runs beside a vCPU that is alone');
  }
  words.named('the program', () => words.fetchAdd(INSIDE, -IN_PROGRAM));
}

function runAlone(words: ExploredWords): void {
  if (words.named('alone', () => words.fetchAdd(INSIDE, 1)) !== 0) throw new Error('is not alone');
  words.named('alone', () => words.fetchAdd(INSIDE, -1));
}

/** A vCPU that finds another one alone goes on at once. */
function doesNotWait(): Weaken {
  let looks = 0;
  return (_words, { kind, word }, scope) =>
    scope === 'execStart' && kind === LOAD && word === PENDING && looks++ > 0 ? 0 : undefined;
}

const rowTexts = Array.from({ length: CPUS }, (_, number): [number, WordText][] => [
  [rowWord(number, RUNNING), { name: `RUNNING ${number}` }],
  [rowWord(number, HAS_WAITER), { name: `HAS_WAITER ${number}` }],
]).flat();

/** The operation of each vCPU on its own RUNNING. */
const plainRunning = (method: string) => (): Weaken => {
  const weakens = [0, 1].map((number) => plainly(method, rowWord(number, RUNNING))());
  return (words, operation, scope) =>
    weakens[0]!(words, operation, scope) ?? weakens[1]!(words, operation, scope);
};

export const TCG_EXCLUSIVE: BuiltIn = {
  name: 'tcg-exclusive',
  about: 'two vCPUs run their programs; each asks once to run alone',
  words: {
    ...Object.fromEntries(rowTexts),
    [PENDING]: { name: 'PENDING', says: { load: 'looks whether a vCPU is to be alone' } },
    [MACHINE.first + CPU_LIST_MUTEX]: { name: 'MUTEX' },
    [MACHINE.first + EXCLUSIVE_COND]: { name: 'COND' },
    [MACHINE.first + EXCLUSIVE_RESUME]: { name: 'RESUME' },
    [INSIDE]: { name: 'INSIDE' },
  },
  make: () => program({ 'vCPU 0': cpu(0), 'vCPU 1': cpu(1) }),
  weakenings: [
    {
      name: 'exec-mb',
      about:
        'a vCPU that begins its program has no barrier before it looks whether another is to be alone',
      model: 'TSO',
      weaken: plainRunning('execStart'),
    },
    {
      name: 'exclusive-mb',
      about: 'a vCPU that says that it is to be alone has no barrier before it looks who runs',
      model: 'TSO',
      weaken: plainly('start', PENDING),
    },
    {
      name: 'end-mb',
      about:
        'a vCPU that leaves its program has no barrier before it looks whether another waits for that',
      model: 'TSO',
      weaken: plainRunning('execEnd'),
    },
    {
      name: 'idle',
      about: 'a vCPU that finds another one alone begins its program all the same',
      model: 'SC',
      weaken: doesNotWait,
    },
  ],
};
