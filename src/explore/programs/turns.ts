/** The turns of the threads of a run that is recorded, and of its replay. */

import type { Recorder } from '../../host/record/recorder.ts';
import { RecordTurns } from '../../host/record/threads/record-turns.ts';
import {
  AT,
  ENDED,
  MADE,
  OVER,
  ReplayTurns,
  TURNS,
} from '../../host/record/threads/replay-turns.ts';
import * as record from '../../host/record/threads/turn-words.ts';
import { type BuiltIn, program, type WordText } from '../built-in.ts';
import type { ExploredWords } from '../explored-words.ts';
import { COMPARE_EXCHANGE, FETCH_OR } from '../operation.ts';
import { ExploredMemory, withArrays } from '../shared-arrays.ts';
import { skipped, storedAfter } from '../weaken.ts';

const MEMORY = new ExploredMemory(1000);
const at = (word: number): number => MEMORY.first + word;

/** The place of the operations of b's turn. */
const PLACE = 7;

/** A thread of a replay, by its number. */
function replayed(number: number, act: (turns: ReplayTurns) => void) {
  return (words: ExploredWords): void =>
    withArrays(words, [MEMORY], () => {
      const shared = { words: new Int32Array(MEMORY.buffer), note: new SharedArrayBuffer(8) };
      const turns = new ReplayTurns('', number, { ...shared, bytes: new Uint8Array(0) });
      act(words.watch(turns));
    });
}

function expectEnd(turns: ReplayTurns): void {
  if (turns.await() !== ENDED) throw new Error('has a turn that nobody gave');
}

const turnTexts = ['main', 'a', 'b'].map((name, number): [number, WordText] => [
  at(TURNS + number),
  { name: `TURN of ${name}`, says: { or: `tells ${name}`, 'compare-exchange': 'takes its turn' } },
]);

export const REPLAY_TURNS: BuiltIn = {
  name: 'replay-turns',
  about: 'a replay: a gives b its turn; b ends the replay, for which main and a wait',
  words: {
    [at(MADE)]: { name: 'MADE' },
    [at(AT)]: { name: 'AT' },
    [at(OVER)]: { name: 'OVER', says: { load: 'looks whether the replay has ended' } },
    ...Object.fromEntries(turnTexts),
  },
  make: () =>
    program(
      {
        main: replayed(0, expectEnd),
        a: replayed(1, (turns) => {
          turns.give(2, PLACE);
          expectEnd(turns);
        }),
        b: replayed(2, (turns) => {
          if (turns.await() !== PLACE) throw new Error('goes on at the wrong operations');
          turns.end(null);
        }),
      },
      { initial: { [at(MADE)]: 2 } },
    ),
  weakenings: [
    {
      name: 'end-word',
      about: 'the end of the replay leaves the word alone that main waits for',
      model: 'SC',
      weaken: skipped('end', at(TURNS), 0, FETCH_OR),
    },
    {
      name: 'place-first',
      about: 'a gives the turn before it stores the place of the operations',
      model: 'SC',
      weaken: storedAfter('give', (word) => word === at(AT), at(TURNS + 2)),
    },
  ],
};

/** How many calls were made in turns. */
const CALLS = 100;
/** Bytes of a call in the record. */
const BYTES = 10;

/** A thread of a run that is recorded, by its number. */
function recorded(number: number, act: (turns: RecordTurns, call: () => void) => void) {
  return (words: ExploredWords): void =>
    withArrays(words, [MEMORY], () => {
      const sink = { length: 0 };
      const recorder = { sink, turn: () => {} } as unknown as Recorder;
      const turns = new RecordTurns(new Int32Array(MEMORY.buffer), recorder, number);
      const watched = words.watch(turns);
      act(watched, () => {
        if (watched.isOver) return;
        const before = words.named('a call', () => words.load(CALLS));
        if (sink.length !== BYTES * before) throw new Error('writes over the call of another');
        sink.length += BYTES;
        words.named('a call', () => words.store(CALLS, before + 1));
      });
    });
}

export const RECORD_TURNS: BuiltIn = {
  name: 'record-turns',
  about: 'a run that is recorded: main and a make a call each in their turns; main ends the record',
  words: {
    [at(record.HOLDER)]: {
      name: 'HOLDER',
      says: { 'compare-exchange': 'takes the turn, or gives it away' },
    },
    [at(record.WAITERS)]: { name: 'WAITERS', says: { load: 'looks whether anybody waits' } },
    [at(record.LAST)]: { name: 'LAST' },
    [at(record.LENGTH)]: { name: 'LENGTH' },
    [at(record.OVER)]: { name: 'OVER', says: { load: 'looks whether the record has ended' } },
    [CALLS]: { name: 'CALLS' },
  },
  make: () =>
    program(
      {
        main: recorded(0, (turns, call) => {
          call();
          turns.give();
          turns.take();
          turns.end();
        }),
        a: recorded(1, (turns, call) => {
          turns.take();
          call();
          turns.give();
        }),
      },
      { initial: { [at(record.HOLDER)]: 1 } },
    ),
  weakenings: [
    {
      name: 'waiters',
      about: 'a thread does not say that it waits for the turn',
      model: 'SC',
      weaken: skipped('take', at(record.WAITERS), 0),
    },
    {
      name: 'length-first',
      about: 'a thread gives the turn before it stores where the record ends',
      model: 'SC',
      weaken: storedAfter('give', (word) => word === at(record.LENGTH), at(record.HOLDER)),
    },
    {
      name: 'end-gives',
      about: 'the end of the record leaves the turn with the thread that ends it',
      model: 'SC',
      weaken: skipped('end', at(record.HOLDER), 0, COMPARE_EXCHANGE),
    },
  ],
};
