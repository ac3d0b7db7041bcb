import { measure } from 'mitata';
import type { Measure } from './row.ts';

/** CPU time of one round of one row, ns. */
const ROUND_NS = 40e6;
/**
 * With its defaults mitata would spend seconds on an operation of 50 µs: it times 4096 in a
 * batch.
 */
const OPTIONS = {
  min_cpu_time: ROUND_NS,
  inner_gc: false,
  batch_samples: 1024,
  batch_threshold: 16_000,
};

/**
 * Measures a synchronous operation by mitata: the median of its batches. Measures the first
 * round twice, so that V8 has compiled the code.
 */
export function op(fn: () => unknown, operations = 1): Measure {
  let warm = false;
  return async () => {
    if (!warm) await measure(fn, OPTIONS);
    warm = true;
    const stats = await measure(fn, OPTIONS);
    return stats.p50 / operations;
  };
}

/** Before it first measures, does the work for a while, so that V8 has compiled it in all threads. */
export function warmed(measure: Measure, warmUp: () => unknown): Measure {
  let warm = false;
  return async () => {
    if (!warm) await warmUp();
    warm = true;
    return measure();
  };
}

/** Measures an operation that Node's own event loop runs count times. It calls done at the end. */
export function nodeLoop(count: number, start: (count: number, done: () => void) => void): Measure {
  return () =>
    new Promise((resolve) => {
      const t = process.hrtime.bigint();
      start(count, () => resolve(Number(process.hrtime.bigint() - t) / count));
    });
}
