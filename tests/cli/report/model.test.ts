import { describe, expect, it } from 'vitest';
import { nodeNs } from '../../../src/cli/report/facts.ts';
import { deathNode, follow } from '../../../src/cli/report/links.ts';
import { buildModel, type Model } from '../../../src/cli/report/model.ts';
import { packTrace, unpackTrace } from '../../../src/cli/report/pack.ts';
import { spread } from '../../../src/cli/report/statistics.ts';
import { endOf, tellChild } from '../../../src/cli/report/story.ts';
import { modelOf, type Run, traced } from './traces.ts';

const MS = 1e6;

function oneChild(run: Run): void {
  run.child('alpha', 5 * MS);
  while (run.watch.size > 0) run.turn(1);
}

function names({ events }: Model, nodes: readonly number[]): string[] {
  return nodes.map((node) => events[node]?.name ?? 'death');
}

/** A child's story as one text. */
function story(model: Model, child: number): string {
  return tellChild(model, model.children[child]!)
    .map(({ text }) => text)
    .join('');
}

describe('slices', () => {
  it('nest: each lies in its parent, one deeper', () => {
    const { slices } = modelOf(oneChild);
    expect(slices.map(({ kind }) => kind)).toContain('signal');
    for (const { parent, depth, startNs, endNs } of slices) {
      const outer = slices[parent];
      expect(depth).toBe(outer === undefined ? 0 : outer.depth + 1);
      if (outer === undefined) continue;
      expect(startNs).toBeGreaterThanOrEqual(outer.startNs);
      expect(endNs).toBeLessThanOrEqual(outer.endNs);
    }
  });

  it('phases follow each other in their iteration', () => {
    const { slices } = modelOf(oneChild);
    const first = slices.findIndex(({ kind }) => kind === 'iteration');
    const phases = slices.filter(({ kind, parent }) => kind === 'phase' && parent === first);
    expect(phases.map(({ name }) => name)).toEqual(
      ['prepare', 'poll', 'check', 'dispatch', 'timers'].filter((name) =>
        phases.some((phase) => phase.name === name),
      ),
    );
    phases.slice(1).forEach(({ startNs }, i) => {
      expect(startNs).toBe(phases[i]!.endNs);
    });
  });
});

describe('the chain of a child', () => {
  it('leads from its death to its reap, and back', () => {
    const model = modelOf(oneChild);
    const { reap } = model.children[0]!;
    const back = names(model, follow(model.links, reap, 'causes'));
    const chain = [
      'aio_bh_call_begin',
      'aio_bh_enqueue',
      'signal_handler_begin',
      'sigaction_lookup',
      'signalfd_record',
      'death',
      'child_spawn',
    ];
    expect(back.filter((name) => chain.includes(name))).toEqual(chain);
    const death = deathNode(model.events, 0);
    expect(names(model, follow(model.links, death, 'effects'))).toContain('child_reap');
    // The handler ran because the poll had found the signalfd ready.
    expect(back).toContain('poll_return');
  });

  it('each link goes forward in time', () => {
    const model = modelOf(oneChild);
    for (const { from, to } of model.links.all) {
      expect(nodeNs(model, from)).toBeLessThanOrEqual(nodeNs(model, to));
    }
  });

  it('is described in words', () => {
    const model = modelOf(oneChild);
    expect(endOf(model.children[0]!)).toBe('exit 0');
    expect(story(model, 0)).toMatch(
      /^It was started at .*\. It exited with 0 after .*\. .* later its SIGCHLD was read, sigchld_handler was called and scheduled sigchld_bh, which ran .* later\. It was reaped .* after its death\.$/,
    );
  });

  it('names the record that stood for a merged SIGCHLD', () => {
    const model = modelOf((run) => {
      run.child('a', 3 * MS);
      run.child('b', 3 * MS);
      while (run.watch.size > 0) run.turn(1);
    });
    const merged = model.children.findIndex(({ record }) => record < 0);
    const { pid } = model.children[1 - merged]!;
    expect(story(model, merged)).toContain(`merged with another: the record of pid ${pid} stood`);
    expect(story(model, merged)).toContain('reaped at most ');
  });

  it('says so if the child lives', () => {
    const model = modelOf((run) => {
      run.child('a', 3 * MS);
      run.loop.mainLoopWait(true);
    });
    expect(story(model, 0)).toContain(
      'Its end is not in the trace: it lived on, or its death was not reported.',
    );
    expect(endOf(model.children[0]!)).toBe(null);
  });
});

describe('scheduling and running', () => {
  it('the cause of a bottom half is its first schedule; a cancelled one has no cause', () => {
    const model = modelOf(({ loop, turn, timer }) => {
      const bh = loop.newBottomHalf('worker', () => {});
      timer('first', MS, () => {
        bh.schedule();
        bh.cancel();
      });
      timer('second', 2 * MS, () => {
        bh.schedule();
        bh.schedule();
      });
      turn(3);
      bh.dispose();
    });
    const calls = model.events.flatMap(({ name, args }, i) =>
      name === 'aio_bh_call_begin' && args.name === 'worker' ? [i] : [],
    );
    expect(calls).toHaveLength(1);
    const [cause, ...others] = model.links.causesOf(calls[0]!);
    expect(others).toEqual([]);
    expect(cause!.kind).toBe('schedules');
    const led = follow(model.links, calls[0]!, 'causes').map(
      (node) => model.events[node]!.args.name,
    );
    expect(led).toContain('second');
    expect(led).not.toContain('first');
  });
});

describe('statistics', () => {
  it('busy, scheduled and idle time make up the span', () => {
    const { statistics } = modelOf((run) => {
      run.timer('tick', 2 * MS, () => run.host.advance(3 * MS));
      run.turn(1);
    });
    const row = statistics.callbacks.find(({ name }) => name === 'tick')!;
    expect(row).toMatchObject({ kind: 'timer', calls: 1 });
    expect(row.busyNs).toBeGreaterThanOrEqual(3 * MS);
    expect(row.busyNs + row.scheduledNs + row.idleNs).toBe(statistics.spanNs);
  });

  it('the phases cover all iterations', () => {
    const { statistics } = modelOf(oneChild);
    const poll = statistics.phases.find(({ name }) => name === 'poll')!;
    expect(poll.count).toBe(statistics.iterations);
    expect(poll.totalNs).toBeGreaterThanOrEqual(4 * MS);
    expect(statistics.asleepNs).toBeLessThanOrEqual(poll.totalNs);
  });

  it('spread has the median and both extremes', () => {
    expect(spread([])).toEqual({ count: 0, totalNs: 0, medianNs: 0, p99Ns: 0, maxNs: 0 });
    expect(spread([10, 30]).medianNs).toBe(20);
    expect(spread([10, 30, 1000]).medianNs).toBe(30);
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
    expect(spread(hundred)).toEqual({
      count: 100,
      totalNs: 5050,
      // The mean of the 50th and the 51st.
      medianNs: 50.5,
      p99Ns: 99,
      maxNs: 100,
    });
  });
});

describe('the trace in the page', () => {
  it('is the same, except that its times begin at 0', () => {
    const trace = { ...traced(oneChild), dropped: 3, truncated: true };
    const first = trace.events[0]!.timeNs;
    const events = trace.events.map((event) => ({ ...event, timeNs: event.timeNs - first }));
    const back = unpackTrace(JSON.parse(JSON.stringify(packTrace(trace))));
    expect(back).toEqual({ ...trace, events });
  });

  it('a time that is far off does not shift those after it', () => {
    const { events, ...rest } = traced(oneChild);
    const odd = events.map((event, i) => (i === 3 ? { ...event, timeNs: 2 ** 63 } : event));
    const back = unpackTrace(packTrace({ events: odd, ...rest })).events;
    expect(back.at(-1)!.timeNs).toBe(events.at(-1)!.timeNs - events[0]!.timeNs);
  });

  it('has the same findings', () => {
    const trace = traced(oneChild);
    const [there, here] = [unpackTrace(packTrace(trace)), trace].map((one) =>
      buildModel(one, { slowNs: 1000 }),
    );
    expect(there!.checks.map((one) => one.findings.map(({ title }) => title))).toEqual(
      here!.checks.map((one) => one.findings.map(({ title }) => title)),
    );
    expect(there!.statistics).toEqual(here!.statistics);
  });
});
