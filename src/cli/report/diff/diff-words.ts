/** Sentences of the terminal and the page about two runs. */

import { count, formatDuration } from '../../text/units.ts';
import type { ReportTrace } from '../facts.ts';
import type { TraceDiff } from './compare.ts';

/** A run that is compared. */
export interface DiffSide {
  /** Its file. */
  readonly title: string;
  readonly trace: ReportTrace;
}

/** The result in a sentence. */
export function verdict({ counts, first, a, b }: TraceDiff, sides: readonly DiffSide[]): string {
  const [same, changed, onlyA, onlyB] = counts;
  if (first < 0) return `The runs are the same: ${count(same, 'event')}.`;
  const place =
    a[first]! < 0
      ? `event ${b[first]} of B`
      : b[first]! < 0
        ? `event ${a[first]} of A`
        : `event ${a[first]} of A, ${b[first]} of B`;
  const side = a[first]! >= 0 ? 0 : 1;
  const { events } = sides[side]!.trace;
  const ns = events[(side === 0 ? a : b)[first]!]!.timeNs - events[0]!.timeNs;
  const numbers = `${same} the same, ${changed} changed, ${onlyA} only in A, ${onlyB} only in B`;
  return `The first difference is ${place}, after ${formatDuration(ns)}. Events: ${numbers}.`;
}

/** The notes on traces that are not whole. */
export function shortcomings(sides: readonly DiffSide[]): string[] {
  return sides.flatMap(({ title, trace }) => [
    ...(trace.dropped === 0 ? [] : [`${title} has lost ${count(trace.dropped, 'event')}`]),
    ...(trace.truncated ? [`${title} ends in the middle of an event`] : []),
  ]);
}
