/** A run of a program through the states of a search, and its steps in the order of a story. */

import type { Explorer } from './explorer.ts';
import { isWrite, LOAD, STORE } from './operation.ts';
import type { Search } from './search.ts';
import { stepOf } from './search-parts.ts';

/** A step of the search, and the state before it. */
export interface WayStep {
  readonly before: number;
  readonly step: number;
}

export interface Way {
  readonly steps: readonly WayStep[];
  /** The state behind the last one. */
  readonly end: number;
}

/** A step as the search took it. */
export interface TakenStep {
  readonly thread: number;
  readonly kind: number;
  readonly word: number;
  readonly value: number;
  readonly next: number;
  readonly result: number;
  readonly isFlush: boolean;
  readonly method: string;
}

/** The way on which the search came to a state. */
export function wayTo({ states }: Search, state: number): Way {
  const steps: WayStep[] = [];
  for (let now = state; states.parent(now) >= 0; now = states.parent(now)) {
    steps.push({ before: states.parent(now), step: states.step(now) });
  }
  return { steps: steps.reverse(), end: state };
}

/**
 * The steps of a way, in an order with few changes between threads. Steps change places only if that
 * makes no difference.
 */
export function stepsOf(explorer: Explorer, way: Way): TakenStep[] {
  return inFewTurns(takenSteps(explorer, way), explorer.parts.isSc);
}

function takenSteps({ search, parts }: Explorer, way: Way): TakenStep[] {
  const { places, buffers, words } = parts;
  return way.steps.map(({ before: state, step }) => {
    const before = search.ending(state);
    const { thread, flushed } = stepOf(step);
    const place = before.placeOf(thread);
    const content = buffers.contents[before.bufferOf(thread)]!;
    const number = flushed >= 0 ? content[flushed]! : places.word[place]!;
    const word = number < 0 ? -1 : words[number]!;
    const kind = places.kind[place]!;
    const own = buffers.newest(before.bufferOf(thread), number);
    const isOwn = kind === LOAD && own >= 0 && flushed < 0;
    return {
      thread,
      kind: flushed >= 0 ? STORE : kind,
      word,
      value: flushed >= 0 ? content[flushed + 1]! : places.value[place]!,
      next: places.next[place]!,
      result: isOwn ? content[own + 1]! : word < 0 ? 0 : before.word(word),
      isFlush: flushed >= 0,
      method: flushed >= 0 ? '' : places.scope[place]!,
    };
  });
}

/** Steps in another order, in which threads go on as long as they can, and nothing differs. */
function inFewTurns(steps: readonly TakenStep[], isSc: boolean): TakenStep[] {
  const left = [...steps];
  const ordered: TakenStep[] = [];
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

function depends(one: TakenStep, other: TakenStep, isSc: boolean): boolean {
  if (one.thread === other.thread) return true;
  if (one.word !== other.word || one.word < 0) return false;
  return changesMemory(one, isSc) || changesMemory(other, isSc);
}

function changesMemory({ kind, isFlush }: TakenStep, isSc: boolean): boolean {
  return isFlush || (isWrite(kind) && (isSc || kind !== STORE));
}
