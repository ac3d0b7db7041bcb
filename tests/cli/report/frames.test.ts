import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { framesOf, record } from '../../../src/cli/play/engine.ts';
import type { Play } from '../../../src/cli/play/protocol.ts';
import { RunView } from '../../../src/cli/play/run-view.ts';
import { findFacts } from '../../../src/cli/report/facts.ts';
import type { Frame } from '../../../src/cli/report/frame.ts';
import { TraceMachine } from '../../../src/cli/report/frames.ts';

const DIRS = ['scenarios', 'scenarios/why', 'tests/conformance'];
/**
 * Timers that share a name are one to a trace. Storms and many fds are long, and show nothing else;
 * a trace of several threads is another test's.
 */
const LEFT_OUT = /co_sleep|storm|epoll|75fds|200|real/;

const files = DIRS.flatMap((dir) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(dir, name))
    .filter((path) => !LEFT_OUT.test(path)),
);

function play(text: string): Play {
  return { text, seed: null, weaknesses: [], schedule: null };
}

/** The part of the machine that a trace has; notified only of `known` contexts. */
function traced({ threads: [main] }: Frame, known: ReadonlySet<string>) {
  const contexts = main!.contexts
    .map(({ name, list, slices, fds, notified }) => ({
      name,
      list,
      slices,
      notified: known.has(name) ? notified : null,
      // Those of the notifiers are set before the trace begins.
      fds: fds
        .filter((fd) => !fd.name.includes('notifier'))
        .map(({ fd, events }) => `${fd} for ${events}`)
        .sort(),
    }))
    .filter(({ list, slices, fds }) => list.length + slices.length + fds.length > 0);
  return { contexts, timers: main!.timers.map(({ name }) => name).sort() };
}

it.each(files)('%s: by its trace the machine is the one that the playground looks into', (file) => {
  const one = play(readFileSync(file, 'utf8'));
  const view = new RunView(record(one));
  const trace = { events: view.records(), dropped: 0, truncated: false };
  const machine = new TraceMachine(findFacts(trace, { slowNs: 1e9 }));
  framesOf(one, 0, view.length).forEach((exact, i) => {
    const frame = machine.at(i);
    const contexts = frame.threads[0]!.contexts.filter(({ notified }) => notified !== null);
    const known = new Set(contexts.map(({ name }) => name));
    const [own, asked] = [traced(frame, known), traced(exact, known)];
    // Vitest takes longer to compare them than all the rest takes.
    if (isDeepStrictEqual(own, asked)) return;
    const event = `${i} ${view.name(i)}`;
    expect({ event, ...own }).toEqual({ event, ...asked });
  });
});

it('back from an event the machine is the same as on the way there', () => {
  const one = play(readFileSync('scenarios/sigchld.yaml', 'utf8'));
  const view = new RunView(record(one));
  const trace = { events: view.records(), dropped: 0, truncated: false };
  const machine = new TraceMachine(findFacts(trace, { slowNs: 1e9 }));
  const all = trace.events.map((_, i) => machine.at(i));
  for (let i = all.length - 1; i >= 0; i -= 5) expect(machine.at(i)).toEqual(all[i]);
});
