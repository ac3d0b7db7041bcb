/** Described children on the real host do what they do on the simulated one, however slow the machine is. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunResult, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { failuresOf, runLinux, runSim, scenarioOf } from './files.ts';

/** They leave the machine no time: anything that is not waited for changes the outcome. */
const CASES: Readonly<Record<string, string>> = {
  'is ready when its spawn returns': `
children: {a: {ignore: [SIGTERM]}}
steps: [settle, {spawn: a}, {kill_child: {a: SIGTERM}}, step, {kill_child: {a: SIGKILL}}, step, step]
expect: {order: [mlw, mlw, a killed SIGKILL, mlw]}
`,
  'is dead when kill_child returns': `
signals: {SIGCHLD: {siginfo: [code, pid]}}
children: {a: {}, b: {}}
steps: [settle, {spawn: a}, {spawn: b}, {kill_child: {b: SIGTERM}}, {kill_child: {a: SIGHUP}}, step, step]
expect:
  order: ["SIGCHLD(code=CLD_KILLED,pid=b)", mlw, a killed SIGHUP, b killed SIGTERM, mlw]
`,
  'ends when its after is over, in the order of the times': `
children: {a: {after: 30us, exit: 1}, b: {after: 20us, exit: 2}, c: {after: 10us, signal: SIGKILL}}
signals: {SIGCHLD: {siginfo: [pid]}}
timeline: [{at: 1ms, do: [{spawn: a}, {spawn: b}, {spawn: c}]}]
steps: [settle, {wait_for: 2ms}, step, step]
expect:
  order: [SIGCHLD(pid=c), mlw, a exited 1, b exited 2, c killed SIGKILL, mlw]
`,
  'that is started before the steps counts from the first': `
children: {a: {after: 1ms, exit: 1, start: true}}
timeline: [{at: 1ms, do: [{log: first}]}, {at: 1001us, do: [{log: last}]}]
signals: {SIGCHLD: {}}
fds: {e: {}}
steps: [{main_loop_wait: blocking}, {main_loop_wait: blocking}, {main_loop_wait: blocking}]
expect: {includes: [first, SIGCHLD, a exited 1], children: {a: {exit: 1}}}
`,
  'that is stopped ends when it goes on': `
children: {a: {after: 5ms, exit: 3}, b: {}}
steps: [settle, {spawn: a}, {spawn: b}, {kill_child: {a: SIGSTOP}}, {kill_child: {b: SIGSTOP}}, {kill_child: {b: SIGTERM}},
  step, step, {wait_for: 10ms}, step, step, {check: {ended: {a: false, b: false}}},
  {kill_child: {a: SIGCONT}}, {kill_child: {b: SIGCONT}}, step, step]
expect: {order: [mlw, mlw, mlw, mlw, mlw, a exited 3, b killed SIGTERM, mlw]}
`,
  'that stops itself goes on until it is killed': `
children: {a: {after: 1ms, stop: true}}
steps: [settle, {spawn: a}, {wait_for: 2ms}, step, step, {kill_child: {a: SIGCONT}}, step, step,
  {check: {ended: {a: false}}}, {kill_child: {a: SIGTERM}}, step, step]
expect: {order: [mlw, mlw, mlw, mlw, mlw, a killed SIGTERM, mlw]}
`,
  'takes no time of the loop to start, to end, and to be killed': `
children: {a: {after: 1ms, exit: 0}, b: {}}
steps: [settle, {repeat: {times: 20, do: [{spawn: b}]}}, {spawn: a}, {wait_for: 1ms}, {kill_child: {b: SIGKILL}},
  step, step]
`,
};

let dir: string;
let linux: Map<string, RunResult>;
const names = Object.keys(CASES);
const textOf = (name: string): string => `name: a child\n${CASES[name]}`;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-real-children-'));
  names.forEach((name, i) => {
    writeFileSync(join(dir, `${i}.yaml`), textOf(name));
  });
  linux = await runLinux(dir);
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('a child', () => {
  it.each(names.slice(0, -1))('%s', (name) => {
    expect(failuresOf(runSim(scenarioOf(textOf(name))))).toEqual([]);
    expect(failuresOf(linux.get(`${names.indexOf(name)}.yaml`))).toEqual([]);
  });

  it(names.at(-1)!, () => {
    // 21 shells take some ms each, of which none counts; what the thread runs is some µs.
    const { elapsedNs } = linux.get(`${names.length - 1}.yaml`)!;
    expect(elapsedNs).toBeGreaterThan(1e6);
    expect(elapsedNs).toBeLessThan(3e6);
  });
});

it('a run that the machine delayed by 50 ms or more says so', () => {
  const scenario = scenarioOf('name: late\nsteps: [step]\nexpect: {order: [mlw]}\n');
  const notes = (ns: number): readonly string[] =>
    runScenario(scenario, (seed) =>
      Object.defineProperty(new SimWorld(seed), 'heldUpNs', { value: ns }),
    ).notes.map(({ message }) => message);
  expect(notes(120.4e6)).toEqual(['the machine was 120 ms late']);
  expect(notes(49e6)).toEqual([]);
});
