import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { traceClock } from '../src/host/linux/fast-clock.ts';
import { EV, LinuxHost, TraceRing, Tracer, type TraceSink } from '../src/index.ts';
import { middle, type Result } from './result.ts';
import type { Row, Section } from './row.ts';
import { median } from './statistics.ts';
import { bottomHalf } from './trace-work.ts';

const BATCHES = 400;
const BATCH = 2_000;
const RING = 65_536;

const host = new LinuxHost();
const now = traceClock(host);

function time(run: () => void, operations: number): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / operations;
}

/**
 * V8's choice of functions to inline changes a bottom half's time by a quarter, and any
 * change of the code changes that choice. So the comparison is made at several inlining
 * limits, and the mean counts. Compilation in the background would give a different result
 * each time.
 */
const INLINING = [700, 920, 1200, 2000, 4000];
const DEFAULT_INLINING = 920;

function inProcess(name: 'trace-lit' | 'trace-dark', inlining: number): number {
  const flags = ['--single-threaded', `--max-inlined-bytecode-size-cumulative=${inlining}`];
  const program = fileURLToPath(new URL('./trace-off.mjs', import.meta.url));
  const ran = spawnSync(process.execPath, [...flags, program, name], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`bench/trace-off.ts ${name}: ${ran.stderr}`);
  return Number(ran.stdout);
}

function bare(name: string, side: 'trace-lit' | 'trace-dark'): Row {
  return { name, ours: () => inProcess(side, DEFAULT_INLINING) };
}

function mean(name: string, side: 'trace-lit' | 'trace-dark'): Row {
  return {
    name,
    ours: () => INLINING.reduce((sum, n) => sum + inProcess(side, n), 0) / INLINING.length,
  };
}

/** The time that tracing adds for each event of a bottom half. */
function on(): Row {
  return {
    name: 'each event of a bottom half, into memory',
    ours: () => {
      const work = bottomHalf(now);
      let events = 0;
      const counting = work.trace(() => void events++);
      work.run(1);
      counting.dispose();
      const ring = new TraceRing(RING);
      const added: number[] = [];
      for (let i = 0; i < BATCHES / 4; i++) {
        const plain = time(() => work.run(BATCH), BATCH);
        const attached = work.trace(ring.sink);
        added.push((time(() => work.run(BATCH), BATCH) - plain) / events);
        attached.dispose();
      }
      work.dispose();
      return median(added);
    },
  };
}

function emitting(name: string, makeSink: () => TraceSink, clock: () => number): Row {
  const tracer = new Tracer(clock);
  tracer.attach(['fd_handler_begin', 'child_reap'], makeSink());
  const id = EV.fd_handler_begin;
  return {
    name,
    ours: () => {
      const times: number[] = [];
      for (let i = 0; i < BATCHES; i++) {
        times.push(
          time(() => {
            for (let k = 0; k < BATCH; k++) {
              if (tracer.on[id] !== 0) tracer.emit(id, 'iohandler_ctx', k, 1, 'handler');
            }
          }, BATCH),
        );
      }
      return median(times);
    },
  };
}

export const trace: Section = {
  name: 'trace',
  about: 'what trace events cost',
  rows: [
    () => bare('bottom half, every event off', 'trace-lit'),
    () => bare('the same without tests for events', 'trace-dark'),
    () => mean('events off, mean over inlining limits', 'trace-lit'),
    () => mean('without tests, mean over inlining limits', 'trace-dark'),
    on,
    () => emitting('an event of 4 arguments, into memory', () => new TraceRing(RING).sink, now),
    () =>
      emitting(
        'the same, the clock left out',
        () => new TraceRing(RING).sink,
        () => 0,
      ),
    () => emitting('the clock alone', () => () => {}, now),
  ],
  notes: ([lit, dark, meanLit, meanDark]) => [
    `events that are off cost ${percent(lit!, dark!)} of a bottom half as V8 compiles it by default, ` +
      `${percent(meanLit!, meanDark!)} in the mean over inlining limits`,
  ],
};

function percent(lit: Result, dark: Result): string {
  return `${((middle(lit, 'ours')! / middle(dark, 'ours')! - 1) * 100).toFixed(1)} %`;
}
