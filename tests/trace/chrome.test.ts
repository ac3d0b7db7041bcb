import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EV } from '../../src/trace/catalogue.ts';
import { ChromeBackend } from '../../src/trace/chrome-backend.ts';
import { TraceRing } from '../../src/trace/ring.ts';
import { type Checked, checkChrome, type FlowPoint, type Slice } from './chrome-checker.ts';
import { feed, type MakeBackend, ORIGIN, type Seen, tracedRun, written } from './traced-run.ts';

const chrome: MakeBackend = (write, origin) => new ChromeBackend(write, origin);
const run = tracedRun();

function checked(events: readonly Seen[]): Checked {
  return checkChrome(new TextDecoder().decode(written(chrome, (backend) => feed(backend, events))));
}

function path(slice: Slice): string {
  return slice.parent === null ? slice.name : `${path(slice.parent)} > ${slice.name}`;
}

/** Names of the slices that an arrow goes through. */
function way(points: readonly FlowPoint[], tracks: ReadonlyMap<number, string>): string[] {
  return points.map(({ slice }) => `${tracks.get(slice.tid)}: ${slice.name}`);
}

describe('chrome', () => {
  const whole = checked(run);

  it('slices nest, arrows are whole, every track has a name', () => {
    expect(whole.problems).toEqual([]);
    expect(whole.tracks.get(ORIGIN.tid)).toBe('main loop');
    expect([...whole.tracks.values()].sort()).toEqual([
      'child one',
      'child stopped',
      'child three',
      'child two',
      'main loop',
    ]);
  });

  it('an iteration contains its phases, and they contain the calls', () => {
    const paths = new Set(whole.slices.map(path));
    for (const phase of ['prepare', 'poll', 'check', 'dispatch', 'timers']) {
      expect(paths).toContain(`main_loop_wait > ${phase}`);
    }
    for (const one of [
      'main_loop_wait > poll > ppoll',
      'main_loop_wait > dispatch > sigfd_handler > sigchld_handler',
      'main_loop_wait > dispatch > sigfd_handler > usr1',
      'main_loop_wait > dispatch > sigchld_bh',
      'main_loop_wait > dispatch > outer > aio_poll > inner',
      'main_loop_wait > timers > timer busy',
      'main_loop_wait > dispatch > co_schedule_bh > worker',
    ]) {
      expect(paths).toContain(one);
    }
  });

  it('an arrow goes from a death through SIGCHLD, handler and bottom half to the reap', () => {
    const ways = [...whole.flows.values()].map((points) => way(points, whole.tracks));
    const chain = (child: string, end: string): string[] => [
      `child ${child}: zombie`,
      'main loop: sigfd_handler',
      'main loop: sigchld_handler',
      'main loop: sigchld_bh',
      `child ${child}: ${end}`,
    ];
    expect(ways).toContainEqual(chain('one', 'exited 3'));
    expect(ways).toContainEqual(chain('stopped', 'killed by signal 9'));
    // Two and three died together: one record stands for both.
    const merged = ways.filter((points) => /child (two|three)/.test(points[0]!));
    expect(merged.map((points) => points.length).sort()).toEqual([3, 5]);
  });

  it('an arrow goes from the schedule of a bottom half or a coroutine to its run', () => {
    const ways = [...whole.flows.values()].map((points) => way(points, whole.tracks));
    expect(ways).toContainEqual(['main loop: outer', 'main loop: inner']);
    expect(ways).toContainEqual(['main loop: sigchld_handler', 'main loop: sigchld_bh']);
    expect(ways).toContainEqual(['main loop: timer again', 'main loop: co_schedule_bh']);
  });

  it('a death is before its SIGCHLD record, however short the traced latency is', () => {
    const short = run.map((event) =>
      event.id === EV.child_reap ? { ...event, args: event.args.with(6, 1) } : event,
    );
    expect(checked(short).problems).toEqual([]);
  });

  it('counters follow the events', () => {
    expect(whole.counters.get('children')).toEqual([1, 2, 3, 4, 3, 2, 1, 0]);
    expect(whole.counters.get('pending bottom halves')?.at(-1)).toBe(0);
    expect(Math.max(...whole.counters.get('ready fds')!)).toBe(1);
  });

  it('the track of a child shows its stop, and its end', () => {
    expect(whole.instants.map(({ name }) => name)).toContain('stopped');
    const zombies = whole.slices.filter(({ name }) => name === 'zombie');
    expect(zombies).toHaveLength(4);
    for (const { from, to } of zombies) expect(to).toBeGreaterThan(from);
  });

  it('is well-formed wherever the trace begins and ends', () => {
    fc.assert(
      fc.property(fc.nat(run.length), fc.nat(run.length), (a, b) => {
        expect(checked(run.slice(Math.min(a, b), Math.max(a, b))).problems).toEqual([]);
      }),
    );
  });

  it('is well-formed whichever events were chosen', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...new Set(run.map(({ id }) => id)))), (left) => {
        expect(checked(run.filter(({ id }) => !left.includes(id))).problems).toEqual([]);
      }),
    );
  });

  it('is well-formed from a ring, with the number of lost events', () => {
    const ring = new TraceRing(40);
    for (const { id, timeNs, args } of run) ring.sink(id, timeNs, ...args);
    const bytes = written(chrome, (backend) => {
      backend.dropped(ring.dropped, ring.firstNs);
      ring.replay(backend.sink);
    });
    const { problems, instants } = checkChrome(new TextDecoder().decode(bytes));
    expect(problems).toEqual([]);
    expect(instants[0]).toMatchObject({ name: 'dropped', args: { count: run.length - 40 } });
  });

  it('the checker finds errors', () => {
    const at = { pid: 1, tid: 1 };
    const bad = [
      { ...at, ph: 'M', ts: 0, name: 'thread_name', args: { name: 'x' } },
      { ...at, ph: 'E', ts: 1 },
      { ...at, ph: 's', ts: 1, id: 1 },
      { ...at, ph: 'B', ts: 2, name: 'open', cat: 'x' },
      { ...at, ph: 'f', ts: 3, id: 2 },
      { ...at, ph: 'B', ts: 4, name: 'a', cat: 'x', args: { n: 1 } },
      { ...at, ph: 'E', ts: 5, name: 'b', args: { n: 1 } },
      { ...at, ph: 'i', ts: 1, s: 't', name: 'back' },
    ];
    expect(checkChrome(JSON.stringify(bad)).problems).toEqual([
      'an end without a beginning at 1 on 1',
      'flow 1 s at 1 is in no slice',
      'a ends as b',
      'a has n twice',
      'open on 1 never ends',
      'track 1 goes back to 1',
      'flow 2 ends with its slice open',
      'flow 2 goes f',
    ]);
  });
});
