import { describe, expect, it } from 'vitest';
import { CATALOGUE, EVENT_NAMES, type EventDef } from '../../src/trace/catalogue.ts';
import { ChromeBackend } from '../../src/trace/chrome-backend.ts';
import { JsonBackend } from '../../src/trace/json-backend.ts';
import { readTrace, TraceReadError } from '../../src/trace/read.ts';
import { SimpleBackend } from '../../src/trace/simple-backend.ts';
import { feed, type MakeBackend, ORIGIN, tracedRun, written } from './traced-run.ts';

const run = tracedRun();
const asRecords = run.map(({ id, timeNs, args }) => {
  const name = EVENT_NAMES[id]!;
  const { args: declared }: EventDef = CATALOGUE[name];
  return { name, timeNs, args: Object.fromEntries(declared.map(([arg], i) => [arg, args[i]])) };
});

const formats: readonly (readonly ['json' | 'simple', MakeBackend])[] = [
  ['json', (write, origin) => new JsonBackend(write, origin)],
  ['simple', (write, origin) => new SimpleBackend(write, origin)],
];

describe.each(formats)('reading %s back', (format, make) => {
  const bytes = written(make, (backend) => {
    backend.dropped(4, 1);
    feed(backend, run);
  });
  // A json trace leaves out the main thread's id.
  const events =
    format === 'json' ? asRecords : asRecords.map((event) => ({ ...event, tid: ORIGIN.tid }));

  it('returns every event unchanged', () => {
    expect(readTrace(bytes)).toEqual({ format, events, dropped: 4, truncated: false });
  });

  it('returns the complete events of a file that was cut off', () => {
    const { events: kept, truncated } = readTrace(bytes.subarray(0, bytes.length - 1));
    expect(kept).toEqual(events.slice(0, -1));
    expect(truncated).toBe(true);
  });
});

describe('a file that is not a trace', () => {
  const chrome = written(
    (write, origin) => new ChromeBackend(write, origin),
    () => {},
  );
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it.each([
    ['nothing', bytes(''), /not a trace/],
    ['a text', bytes('hello'), /not a trace/],
    ['a chrome trace', chrome, /json or simple/],
    ['a line that is not JSON', bytes('{"level":1,\n'), /line 1 is not a JSON/],
    ['an unknown event', bytes('{"event":"x"}\n'), /line 1: unknown trace event "x"/],
    [
      'a text for a number',
      bytes('{"event":"aio_bh_poll","ns":"5"}\n'),
      /line 1: ns is not a number/,
    ],
    [
      'a time beyond 64 bits',
      bytes('{"event":"aio_bh_poll","ns":1e300}\n'),
      /ns is not a time: 1e\+300/,
    ],
    ['the start of a simpletrace header', new Uint8Array(12).fill(0xff), /version 4/],
    ['a simpletrace of another version', new Uint8Array(24).fill(0xff), /version 4/],
  ])('%s is refused in one line', (_what, text, message) => {
    expect(() => readTrace(text)).toThrow(TraceReadError);
    expect(() => readTrace(text)).toThrow(message);
  });
});
