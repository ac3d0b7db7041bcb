import type { BuiltIn } from './built-in.ts';
import type { Explorer } from './explorer.ts';
import {
  COMPARE_EXCHANGE,
  END,
  FENCE,
  FUTEX_WAIT,
  isWrite,
  LOAD,
  NAMES,
  needsEmptyBuffer,
  SLEEP_ON,
  STORE,
  STORE_BARRIER,
  STORE_FENCED,
  WAIT_FOR_ZERO,
} from './operation.ts';
import { stepOf } from './search-parts.ts';

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

/** How a program goes wrong, from its beginning. */
export interface Story {
  readonly threads: readonly string[];
  readonly steps: readonly StoryStep[];
  readonly error: string;
  /** By thread: what it waits for at the end, for ever; null if it does not. */
  readonly waits: readonly (string | null)[];
}

/** A step as the search took it. */
interface Raw {
  readonly thread: number;
  readonly kind: number;
  readonly word: number;
  readonly value: number;
  readonly next: number;
  readonly result: number;
  readonly isFlush: boolean;
  readonly method: string;
}

/**
 * The story of the explorer's failure: the steps to it, in an order with few changes between
 * threads. Steps change places only if that makes no difference.
 * @throws Error if there is no failure
 */
export function storyOf(explorer: Explorer, { words }: Pick<BuiltIn, 'words'>): Story {
  const { failure } = explorer.search;
  if (failure === null) throw new Error('the program has not failed');
  const nameOf = (word: number): string => words[word]?.name ?? `word ${word}`;
  const threads = explorer.program.threads.map(({ name }) => name);
  const raw = inFewTurns(rawSteps(explorer, failure.state), explorer.parts.isSc);
  const buffers: Buffered[][] = threads.map(() => []);
  const steps = raw.map((step): StoryStep => {
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
  return { threads, steps, error: failure.error, waits: waitsOf(explorer, failure.state, nameOf) };
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

/** The steps from the beginning to a state. */
function rawSteps(explorer: Explorer, state: number): Raw[] {
  const { search, parts } = explorer;
  const { places, buffers, words } = parts;
  const steps: Raw[] = [];
  for (let now = state; search.states.parent(now) >= 0; now = search.states.parent(now)) {
    const before = search.ending(search.states.parent(now));
    const { thread, flushed } = stepOf(search.states.step(now));
    const place = before.placeOf(thread);
    const content = buffers.contents[before.bufferOf(thread)]!;
    const number = flushed >= 0 ? content[flushed]! : places.word[place]!;
    const word = number < 0 ? -1 : words[number]!;
    const kind = places.kind[place]!;
    const own = buffers.newest(before.bufferOf(thread), number);
    const isOwn = kind === LOAD && own >= 0 && flushed < 0;
    steps.push({
      thread,
      kind: flushed >= 0 ? STORE : kind,
      word,
      value: flushed >= 0 ? content[flushed + 1]! : places.value[place]!,
      next: places.next[place]!,
      result: isOwn ? content[own + 1]! : word < 0 ? 0 : before.word(word),
      isFlush: flushed >= 0,
      method: flushed >= 0 ? '' : places.scope[place]!,
    });
  }
  return steps.reverse();
}

/** Steps in another order, in which threads go on as long as they can, and nothing differs. */
function inFewTurns(steps: readonly Raw[], isSc: boolean): Raw[] {
  const left = [...steps];
  const ordered: Raw[] = [];
  let thread = left[0]?.thread ?? 0;
  while (left.length > 0) {
    const next = left.findIndex(
      (step, i) =>
        step.thread === thread && left.slice(0, i).every((other) => !depends(other, step, isSc)),
    );
    const [step] = left.splice(Math.max(0, next), 1);
    ordered.push(step!);
    thread = step!.thread;
  }
  return ordered;
}

function depends(one: Raw, other: Raw, isSc: boolean): boolean {
  if (one.thread === other.thread) return true;
  if (one.word !== other.word || one.word < 0) return false;
  return changesMemory(one, isSc) || changesMemory(other, isSc);
}

function changesMemory({ kind, isFlush }: Raw, isSc: boolean): boolean {
  return isFlush || (isWrite(kind) && (isSc || kind !== STORE));
}

function textOf({ kind, value, next, result, isFlush }: Raw, name: string): string {
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
