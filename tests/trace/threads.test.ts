/** Traces of more than one thread: each event has its thread, in every format. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ThreadSinks, TraceBackend } from '../../src/trace/backend.ts';
import { EV, EVENT_NAMES } from '../../src/trace/catalogue.ts';
import { ChromeBackend } from '../../src/trace/chrome-backend.ts';
import { JsonBackend } from '../../src/trace/json-backend.ts';
import { LogBackend } from '../../src/trace/log-backend.ts';
import { readTrace } from '../../src/trace/read.ts';
import { replayRings, TraceRing } from '../../src/trace/ring.ts';
import { SimpleBackend } from '../../src/trace/simple-backend.ts';
import { MAIN_THREAD, type TraceThread } from '../../src/trace/thread.ts';
import { Tracer, type TraceValue } from '../../src/trace/tracer.ts';
import { checkChrome } from './chrome-checker.ts';
import { feed, type MakeBackend, ORIGIN, tracedRun, written } from './traced-run.ts';

const IO: TraceThread = { tid: 701, name: 'IO iothread0' };

const formats = {
  log: (write, origin) => new LogBackend(write, origin),
  json: (write, origin) => new JsonBackend(write, origin),
  simple: (write, origin) => new SimpleBackend(write, origin),
  chrome: (write, origin) => new ChromeBackend(write, origin),
} satisfies Record<string, MakeBackend>;

function text(make: MakeBackend, body: (backend: TraceBackend) => void): string {
  // The bytes do not matter.
  return Buffer.from(written(make, body)).toString('latin1');
}

/** Two threads that trace by turns: main schedules a bottom half, which the other one runs. */
function byTurns(sinks: ThreadSinks): void {
  let now = 1000;
  const clock = (): number => now;
  const [main, io] = [new Tracer(clock), new Tracer(clock, IO)];
  const attached = [main, io].map((tracer) =>
    tracer.attach(EVENT_NAMES, sinks.sinkOf(tracer.thread)),
  );
  const at = (ns: number, emit: () => void): void => {
    now = ns;
    emit();
  };
  at(1000, () => main.emit(EV.main_loop_wait_begin, 1, 0));
  at(2000, () => io.emit(EV.aio_poll_begin, 'io0', 1));
  at(2500, () => io.emit(EV.poll_enter, 'ppoll', 1, -1));
  at(3000, () => main.emit(EV.aio_bh_enqueue, 'io0', 'far', 0, 2, 0));
  at(4000, () => io.emit(EV.poll_return, 'ppoll', 1, '7'));
  at(4500, () => io.emit(EV.aio_bh_call_begin, 'io0', 'far', 0, 0));
  at(5000, () => io.emit(EV.aio_bh_call_end, 'io0', 'far', 0));
  at(6000, () => main.emit(EV.main_loop_wait_end, 1, 0));
  at(7000, () => io.emit(EV.aio_poll_end, 'io0', 1));
  for (const sink of attached) sink.dispose();
}

/** The same by a ring for each thread. */
function byRings(backend: TraceBackend): void {
  const rings = [new TraceRing(20, IO), new TraceRing(20)];
  byTurns({
    sinkOf: ({ tid }) => rings.find(({ thread }) => thread.tid === tid)!.sink,
    dropped() {},
  });
  replayRings(rings, backend);
}

const TIDS = [700, 701, 701, 700, 701, 701, 701, 700, 701];

describe('two threads in one trace', () => {
  it('log: each line begins with its thread', () => {
    const lines = text(formats.log, byTurns).trimEnd().split('\n');
    expect(lines.splice(1, 1)).toEqual(['701@1600000000.000002:thread_name name IO iothread0']);
    expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(TIDS);
    expect(lines[1]).toBe('701@1600000000.000002:aio_poll_begin ctx io0 blocking 1');
  });

  it('json: lines of other threads than the main one have tid and thread', () => {
    const lines = text(formats.json, byTurns).trimEnd().split('\n');
    expect(lines[0]).toBe(
      '{"level":10,"time":1600000000000.001,"event":"main_loop_wait_begin","ns":1000,"iteration":1,"nonblocking":0,"msg":"iteration 1 nonblocking 0"}',
    );
    expect(lines[1]).toBe(
      '{"level":10,"time":1600000000000.002,"event":"aio_poll_begin","ns":2000,"tid":701,"thread":"IO iothread0","ctx":"io0","blocking":1,"msg":"ctx io0 blocking 1"}',
    );
  });

  it('json and simple: read back, events have their threads', () => {
    const json = readTrace(written(formats.json, byTurns)).events;
    expect(json.map(({ tid }) => tid ?? ORIGIN.tid)).toEqual(TIDS);
    const simple = readTrace(written(formats.simple, byTurns)).events;
    expect(simple.map(({ tid }) => tid)).toEqual(TIDS);
    for (const events of [json, simple]) {
      const names = events.map(({ thread }) => thread ?? '');
      expect(names).toEqual(TIDS.map((tid) => (tid === 701 ? 'IO iothread0' : '')));
    }
  });

  it('chrome: a track for each, and an arrow from one to the other', () => {
    const { problems, tracks, slices, flows, counters } = checkChrome(
      text(formats.chrome, byTurns),
    );
    expect(problems).toEqual([]);
    expect([...tracks]).toEqual([
      [700, 'main loop'],
      [701, 'IO iothread0'],
    ]);
    expect(slices.map(({ name, tid }) => [name, tid])).toEqual([
      ['main_loop_wait', 700],
      ['aio_poll', 701],
      ['ppoll', 701],
      ['far', 701],
    ]);
    const ways = [...flows.values()].map((points) => points.map(({ slice }) => slice.name));
    expect(ways).toEqual([['main_loop_wait', 'far']]);
    expect([...counters.keys()]).toEqual(['pending bottom halves', 'ready fds of IO iothread0']);
  });

  it('chrome: who waits for the BQL and who holds it, and the wake-up by a notify', () => {
    const bytes = text(formats.chrome, (backend) => {
      const [main, io] = [backend.sink, backend.sinkOf(IO)];
      io(EV.aio_notify_accept, 500, 'io0', 0);
      main(EV.bql_locked, 1000, 1);
      io(EV.bql_lock, 2000, 2, 1);
      main(EV.bql_unlock, 3000, 1);
      io(EV.bql_locked, 4000, 2);
      io(EV.bql_unlock, 5000, 2);
      io(EV.poll_enter, 6000, 'ppoll', 1, -1);
      main(EV.aio_notify, 7000, 'io0', 2, 1, 0);
      io(EV.poll_return, 8000, 'ppoll', 1, '7');
      io(EV.aio_notify_accept, 9000, 'io0', 1);
      // Nobody else is woken by these.
      io(EV.aio_notify, 10_000, 'io0', 2, 1, 0);
      main(EV.aio_notify, 11_000, 'io0', 0, 0, 0);
      io(EV.aio_notify_accept, 12_000, 'io0', 1);
      main(EV.bql_locked, 13_000, 1);
    });
    const { problems, tracks, slices, flows } = checkChrome(bytes);
    expect(problems).toEqual([]);
    const of = (track: string): unknown[] =>
      slices
        .filter(({ tid, cat }) => tracks.get(tid) === track && cat !== 'flow')
        .map(({ name, from, to }) => [name, from, to]);
    expect(of('IO iothread0')).toEqual([
      ['wait for the BQL', 2, 4],
      ['ppoll', 6, 8],
    ]);
    expect(of('BQL')).toEqual([
      ['main loop', 1, 3],
      ['IO iothread0', 4, 5],
      ['main loop', 13, expect.any(Number)],
    ]);
    const ways = [...flows.values()].map((points) =>
      points.map(({ ts, slice }) => [slice.tid, ts]),
    );
    expect(ways).toEqual([
      [
        [700, 7],
        [701, 9],
      ],
    ]);
  });

  it.each(Object.entries(formats))('%s: lost events are told for their thread', (format, make) => {
    const one = text(make, (backend) => backend.dropped(3, 9));
    const other = text(make, (backend) => backend.dropped(3, 9, IO));
    expect(other).not.toBe(one);
    if (format === 'simple') return;
    expect(other).toContain('701');
    expect(one).not.toContain('701');
  });

  it.each(Object.entries(formats))('%s: by a ring for each thread, the same bytes', (_, make) => {
    // The other thread's ring comes first, yet the main thread is known first.
    expect(text(make, byRings)).toBe(text(make, byTurns));
  });

  it.each(Object.entries(formats))(
    '%s: the main thread is the same by its id and by 0',
    (_, make) => {
      const run = tracedRun();
      const whole = text(make, (backend) => feed(backend, run));
      const byId = text(make, (backend) => {
        const sink = backend.sinkOf({ tid: ORIGIN.tid, name: MAIN_THREAD.name });
        for (const { id, timeNs, args } of run) sink(id, timeNs, ...args);
      });
      expect(byId).toBe(whole);
    },
  );

  it('a track has the name of its thread', () => {
    const bytes = text(formats.chrome, (backend) => backend.sinkOf({ tid: 700, name: 'vl.c' }));
    expect([...checkChrome(bytes).tracks]).toEqual([[700, 'vl.c']]);
  });
});

interface Event {
  readonly tid: number;
  readonly timeNs: number;
  readonly n: number;
}

/** Replays rings with these events. Returns the events, and the count of lost ones. */
function replayed(rings: readonly TraceRing[]): { events: Event[]; lost: unknown[] } {
  const events: Event[] = [];
  const lost: unknown[] = [];
  replayRings(rings, {
    sinkOf:
      ({ tid }) =>
      (_id, timeNs, n: TraceValue) =>
        events.push({ tid, timeNs, n: Number(n) }),
    dropped: (count, timeNs, thread) => lost.push([thread!.tid, count, timeNs, events.length]),
  });
  return { events, lost };
}

function filled(tid: number, times: readonly number[], capacity = 100): TraceRing {
  const ring = new TraceRing(capacity, { tid, name: `thread ${tid}` });
  times.forEach((timeNs, n) => {
    ring.sink(EV.main_loop_wait_end, timeNs, n, 0);
  });
  return ring;
}

describe('rings of several threads', () => {
  it('are merged by time, thread and sequence', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({
            tid: fc.nat(9),
            times: fc.array(fc.nat(20), { maxLength: 30 }).map((all) => all.sort((a, b) => a - b)),
          }),
          { selector: ({ tid }) => tid, maxLength: 4 },
        ),
        (threads) => {
          const all = threads.flatMap(({ tid, times }) =>
            times.map((timeNs, n) => ({ tid, timeNs, n })),
          );
          all.sort((a, b) => a.timeNs - b.timeNs || a.tid - b.tid || a.n - b.n);
          expect(replayed(threads.map(({ tid, times }) => filled(tid, times))).events).toEqual(all);
        },
      ),
    );
  });

  it('tell what each has lost, before its first event', () => {
    const rings = [filled(9, [5, 6, 7], 2), filled(0, [1, 4, 8], 1), filled(4, [2])];
    const { events, lost } = replayed(rings);
    expect(events.map(({ tid, timeNs }) => [tid, timeNs])).toEqual([
      [4, 2],
      [9, 6],
      [9, 7],
      [0, 8],
    ]);
    expect(lost).toEqual([
      [9, 1, 6, 1],
      [0, 2, 8, 3],
    ]);
  });
});
