import { pseudoRandom } from './random.ts';
import type { Measure } from './row.ts';
import { median } from './statistics.ts';

const REARMED = 20_000;
const OPERATIONS = 100_000;
const SPAN_MS = 1;

/** Spans up to 2^30 ms, the same in each run. */
function spans(): () => number {
  const next = pseudoRandom();
  return () => 1 + (next() >> 1);
}

function armed(count: number): NodeJS.Timeout[] {
  const next = spans();
  return Array.from({ length: count }, () => setTimeout(() => {}, next()));
}

function clear(timers: readonly NodeJS.Timeout[]): void {
  for (const timer of timers) clearTimeout(timer);
}

function nsOfEach(count: number, run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / count;
}

/**
 * Number of repetitions for `count` timers, enough for V8 to compile Node's code as well as
 * ours.
 */
function times(count: number): number {
  return Math.ceil(OPERATIONS / count);
}

export function nodeArm(count: number): Measure {
  return () =>
    median(
      Array.from({ length: times(count) }, () => {
        let timers: NodeJS.Timeout[] = [];
        const ns = nsOfEach(count, () => {
          timers = armed(count);
        });
        clear(timers);
        return ns;
      }),
    );
}

export function nodeDelete(count: number): Measure {
  return () =>
    median(
      Array.from({ length: times(count) }, () => {
        const timers = armed(count);
        return nsOfEach(count, () => clear(timers));
      }),
    );
}

/** Deletes and makes a timer: Node has no call that moves one to another span. */
export function nodeRearm(count: number): Measure {
  return () => {
    const timers = armed(count);
    const next = spans();
    const ns = nsOfEach(REARMED, () => {
      for (let k = 0; k < REARMED; k++) {
        const at = k % count;
        clearTimeout(timers[at]);
        timers[at] = setTimeout(() => {}, next());
      }
    });
    clear(timers);
    return ns;
  };
}

/** The time from the first callback to the last, after the span of all has passed. */
function expireOnce(count: number): Promise<number> {
  return new Promise((resolve) => {
    let left = count;
    let start = 0n;
    const callback = (): void => {
      if (left === count) start = process.hrtime.bigint();
      if (--left === 0) resolve(Number(process.hrtime.bigint() - start) / (count - 1));
    };
    for (let i = 0; i < count; i++) setTimeout(callback, SPAN_MS);
    const due = process.hrtime.bigint() + BigInt(2e6 * SPAN_MS);
    while (process.hrtime.bigint() < due);
  });
}

export function nodeExpire(count: number): Measure {
  return async () => {
    const ns: number[] = [];
    // Each run waits for its span.
    for (let i = Math.min(times(count), 20); i > 0; i--) ns.push(await expireOnce(count));
    return median(ns);
  };
}
