import type { MarkedParts } from './session-marks.ts';

/** Fills in what the parts of a session have counted. */
export function fillSummary({
  loop,
  watch,
  signals,
  summary,
  counts,
}: Pick<MarkedParts, 'loop' | 'watch' | 'signals' | 'summary' | 'counts'>): void {
  summary.iterations = loop.iterations;
  summary.wakeups = counts.wakeups;
  summary.sigchlds = watch.sigchlds;
  summary.reaped = watch.reaped;
  summary.signals = signals.counts.records;
  summary.sigfd = signals.sigfd;
}
