import type { BuiltIn } from './built-in.ts';
import type { Explorer } from './explorer.ts';
import {
  COMPARE_EXCHANGE,
  END,
  FENCE,
  FUTEX_WAIT,
  LOAD,
  NAMES,
  needsEmptyBuffer,
  SLEEP_ON,
  STORE,
  STORE_BARRIER,
  STORE_FENCED,
  WAIT_FOR_ZERO,
} from './operation.ts';
import { stepsOf, type TakenStep, type Way, wayTo } from './way.ts';

/** A store that has not reached memory. */
export interface Buffered {
  readonly word: string;
  readonly value: number;
}

/** A step of a story. */
export interface StoryStep {
  readonly thread: number;
  /** The method in whose course it is done, and those around it; '' for none. */
  readonly method: string;
  /** In plain words. */
  readonly says: string;
  /** The operation, its word and values. */
  readonly operation: string;
  /** A store reaches memory: it was done before. */
  readonly isFlush: boolean;
  /** By thread, after the step: stores that are still in its buffer, oldest first. */
  readonly buffers: readonly (readonly Buffered[])[];
}

/** A run of a program from its beginning, mostly one that goes wrong. */
export interface Story {
  readonly threads: readonly string[];
  readonly steps: readonly StoryStep[];
  /** The error at the end; '' if there is none. */
  readonly error: string;
  /** By thread: what it waits for at the end, for ever; null if it does not. */
  readonly waits: readonly (string | null)[];
}

/**
 * The story of the explorer's failure: the steps to it.
 * @throws Error if there is no failure
 */
export function storyOf(explorer: Explorer, program: Pick<BuiltIn, 'words'>): Story {
  const { failure } = explorer.search;
  if (failure === null) throw new Error('the program has not failed');
  return tell(explorer, wayTo(explorer.search, failure.state), failure.error, program);
}

/** The story of a way. @param error what is wrong at its end; '' for nothing */
export function tell(
  explorer: Explorer,
  way: Way,
  error: string,
  { words }: Pick<BuiltIn, 'words'>,
): Story {
  const nameOf = (word: number): string => words[word]?.name ?? `word ${word}`;
  const threads = explorer.program.threads.map(({ name }) => name);
  const buffers: Buffered[][] = threads.map(() => []);
  const steps = stepsOf(explorer, way).map((step): StoryStep => {
    const own = buffers[step.thread]!;
    const name = nameOf(step.word);
    if (step.isFlush) {
      own.splice(
        own.findIndex(({ word }) => word === name),
        1,
      );
    } else if (step.kind === STORE && !explorer.parts.isSc) {
      own.push({ word: name, value: step.value });
    }
    const phrases = words[step.word]?.says;
    return {
      thread: step.thread,
      method: step.method,
      says: step.isFlush ? 'its store reaches memory' : (phrases?.[NAMES[step.kind]!] ?? ''),
      operation: textOf(step, name),
      isFlush: step.isFlush,
      buffers: buffers.map((buffer) => [...buffer]),
    };
  });
  return { threads, steps, error, waits: waitsOf(explorer, way.end, nameOf) };
}

function waitsOf(
  explorer: Explorer,
  state: number,
  nameOf: (word: number) => string,
): (string | null)[] {
  const { search, parts } = explorer;
  const { places, words } = parts;
  const { placeOf } = search.ending(state);
  return explorer.program.threads.map((_, thread) => {
    const place = placeOf(thread);
    const kind = places.kind[place]!;
    if (kind !== SLEEP_ON && kind !== WAIT_FOR_ZERO && kind !== FUTEX_WAIT) return null;
    return nameOf(words[places.word[place]!]!);
  });
}

function textOf({ kind, value, next, result, isFlush }: TakenStep, name: string): string {
  if (isFlush) return `${name} = ${value}`;
  if (kind === FENCE || kind === STORE_BARRIER) return NAMES[kind]!;
  const what = `${NAMES[kind]} ${name}`;
  if (kind === LOAD) return `${what}: ${result}`;
  if (kind === STORE || kind === STORE_FENCED) return `${what} ${value}`;
  if (kind === SLEEP_ON || kind === WAIT_FOR_ZERO || kind >= END) return what;
  if (kind === COMPARE_EXCHANGE) {
    return `${what} ${value} to ${next}: ${result === value ? 'done' : `it was ${result}`}`;
  }
  return needsEmptyBuffer(kind) ? `${what} ${value}: was ${result}` : what;
}
