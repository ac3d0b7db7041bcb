/** The back ends that write lines: log and json. */

import { describe, expect, it } from 'vitest';
import { CATALOGUE, EV, EVENT_NAMES, type EventDef } from '../../src/trace/catalogue.ts';
import { JsonBackend } from '../../src/trace/json-backend.ts';
import { LogBackend } from '../../src/trace/log-backend.ts';
import { formatEvent } from '../../src/trace/tracer.ts';
import { feed, type MakeBackend, type Seen, tracedRun, written } from './traced-run.ts';

const log: MakeBackend = (write, origin) => new LogBackend(write, origin);
const json: MakeBackend = (write, origin) => new JsonBackend(write, origin);

function lines(bytes: Uint8Array): string[] {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text.split('\n').slice(0, -1);
}

const run = tracedRun();

describe('log', () => {
  it("writes QEMU's line: pid@seconds.micros:name text", () => {
    const one: Seen = { id: EV.poll_add, timeNs: 1_000_012_345, args: ['io0', 2, 7, 17] };
    expect(lines(written(log, (b) => feed(b, [one])))).toEqual([
      '700@1600000001.000012:poll_add ctx io0 node 0x2 fd 7 revents 0x11',
    ]);
  });

  it('writes one line per event, in order, and the number lost', () => {
    const bytes = written(log, (backend) => {
      backend.dropped(5, 0);
      feed(backend, run);
    });
    const [first, ...rest] = lines(bytes);
    expect(first).toBe('700@1600000000.000000:dropped num_events_dropped 5');
    const parsed = rest.map((line) => /^700@(\d+)\.(\d{6}):(\w+) (.*)$/.exec(line)!.slice(1));
    expect(parsed).toEqual(
      run.map(({ id, timeNs, args }) => [
        String(1_600_000_000 + Math.floor(timeNs / 1e9)),
        String(Math.floor((timeNs % 1e9) / 1e3)).padStart(6, '0'),
        EVENT_NAMES[id],
        formatEvent(id, args),
      ]),
    );
  });

  it('a text with a line end stays on its line', () => {
    const one: Seen = { id: EV.child_spawn, timeNs: 0, args: [9, 'a', 'sh -c x\ny\r'] };
    expect(lines(written(log, (b) => feed(b, [one])))).toEqual([
      '700@1600000000.000000:child_spawn pid 9 child a command sh -c x\\ny\\r',
    ]);
  });
});

describe('json', () => {
  it('writes one object per line, with the arguments by name', () => {
    const parsed = lines(written(json, (backend) => feed(backend, run))).map((line) =>
      JSON.parse(line),
    );
    expect(parsed).toHaveLength(run.length);
    parsed.forEach((line, i) => {
      const { id, timeNs, args } = run[i]!;
      const { args: declared }: EventDef = CATALOGUE[EVENT_NAMES[id]!];
      expect(line).toEqual({
        level: 10,
        time: expect.closeTo(1_600_000_000_000 + timeNs / 1e6, 2),
        event: EVENT_NAMES[id],
        ns: timeNs,
        msg: formatEvent(id, args),
        ...Object.fromEntries(declared.map(([arg], k) => [arg, args[k]])),
      });
    });
  });

  it('texts of any kind, and more than the buffer holds', () => {
    const texts = ['"quoted"\n\u0000', 'ü→😀', '\ud800', 'x'.repeat(100_000)];
    const events = texts.map((text): Seen => ({ id: EV.timer_del, timeNs: 1, args: [text] }));
    const parsed = lines(written(json, (backend) => feed(backend, events))).map((l) =>
      JSON.parse(l),
    );
    expect(parsed.map((line) => line.name)).toEqual(texts);
  });

  it('reports lost events', () => {
    const [line] = lines(written(json, (backend) => backend.dropped(3, 2000)));
    expect(JSON.parse(line!)).toMatchObject({ event: 'dropped', count: 3, ns: 2000 });
  });
});
