import { traceClock } from '../src/cli/trace-output.ts';
import { EV, LinuxHost, TraceRing, Tracer, type TraceSink } from '../src/index.ts';
import { median } from './measure.ts';
import type { Measure, Row, Section } from './row.ts';
import type * as TraceWork from './trace-work.ts';

const BATCHES = 400;
const BATCH = 2_000;
const RING = 65_536;

const host = new LinuxHost();
const now = traceClock(host);

/** bench/run.mjs makes these two of trace-work.ts: as it is, and with every test of trace.on taken out. */
async function load(name: 'trace-lit' | 'trace-dark'): Promise<TraceWork.Work> {
  const module: typeof TraceWork = await import(new URL(`./${name}.mjs`, import.meta.url).href);
  return module.bottomHalf(now);
}

function time(run: () => void, operations: number): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / operations;
}

/** Both sides in turn, in batches so short that whatever disturbs meets both. */
function pair(): { lit: Measure; dark: Measure } {
  let works: Promise<TraceWork.Work[]> | null = null;
  let darkNs = 0;
  return {
    lit: async () => {
      works ??= Promise.all([load('trace-lit'), load('trace-dark')]);
      const sides = await works;
      const times: number[][] = [[], []];
      for (let i = 0; i < 2 * BATCHES; i++) {
        // A, B, B, A: neither always comes first.
        const side = (i + (i >> 1)) % 2;
        times[side]!.push(time(() => sides[side]!.run(BATCH), BATCH));
      }
      darkNs = median(times[1]!);
      return median(times[0]!);
    },
    // Measured with the other.
    dark: () => darkNs,
  };
}

const sides = pair();

function off(): Row {
  return { name: 'bottom half, every event off', ours: sides.lit };
}

function without(): Row {
  return { name: 'the same, no tests for events in the code', ours: sides.dark };
}

/** Time that the events of a bottom half add, for one of them. */
function on(): Row {
  let loaded: Promise<TraceWork.Work> | null = null;
  return {
    name: 'each event of a bottom half, into memory',
    ours: async () => {
      loaded ??= load('trace-lit');
      const work = await loaded;
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
              if (tracer.on[id] !== 0) tracer.emit(id, 1, k, 1, 'handler');
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
    off,
    without,
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
  notes: ([lit, dark]) => {
    const percent = ((lit!.ours - dark!.ours) / dark!.ours) * 100;
    return [`events that are off cost ${percent.toFixed(1)} % of a bottom half`];
  },
};
