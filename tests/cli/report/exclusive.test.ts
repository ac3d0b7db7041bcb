/** Runs in which a vCPU runs alone: the report with all that waited, and traces. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contention } from '../../../src/cli/report/big-lock.ts';
import { contentionText } from '../../../src/cli/report/contention-text.ts';
import { run } from '../../support/run.ts';
import { modelOfScenario } from './scenarios.ts';

const MS = 1e6;

/** cpu1 waits for 3 ms for two programs, is alone for 5, and cpu2 begins its second turn after that. */
const SCENARIO = `
name: alone
words: [in, asked]
vcpus:
  cpu0: {do: [{add: {in: 1}}, {wait_for: {asked: 1}}, {compute: 2ms}], loop: 1}
  cpu1: {do: [{wait_for: {in: ">=2"}}, {put: {asked: 1}}, start_exclusive, {compute: 5ms}, end_exclusive], loop: 1}
  cpu2: {do: [{add: {in: 1}}, {wait_for: {asked: 1}}, {compute: 3ms}], loop: 2}
steps: [{unlock: bql}, {join: cpu1}, {join: cpu0}, {join: cpu2}]
`;

describe('vCPUs that run alone', () => {
  it('are told with whom they waited for, and who waited behind them', async () => {
    const model = await modelOfScenario(SCENARIO);
    const { exclusive, threads } = model;
    const number = (name: string): number => threads.findIndex((thread) => thread.name === name);
    const rows = contention(exclusive).map((row) => ({
      name: threads[row.thread]!.name,
      waited: Math.round(row.waitedNs / MS),
      behind: row.behind.map(({ thread, ns }) => [thread, Math.round(ns / MS)]),
      alone: Math.round(row.heldNs / MS),
    }));
    const [cpu0, cpu1, cpu2] = ['cpu0', 'cpu1', 'cpu2'].map(number);
    expect(rows).toEqual([
      { name: 'cpu0', waited: 6, behind: [[cpu1, 6]], alone: 0 },
      { name: 'cpu2', waited: 5, behind: [[cpu1, 5]], alone: 0 },
      {
        name: 'cpu1',
        waited: 3,
        behind: [
          [cpu2, 3],
          [cpu0, 2],
        ],
        alone: 5,
      },
    ]);
    expect(contentionText(model)).toContain(`  vCPUs that run alone:
    cpu0 waited 6 ms in 1 of 1 wait, behind cpu1 (6 ms)
    cpu2 waited 5 ms in 1 of 1 wait, behind cpu1 (5 ms)
    cpu1 waited 3 ms in 1 of 1 wait, behind cpu2 (3 ms), cpu0 (2 ms)
`);
  });

  it('have slices in their lanes, and arrows from the last that leaves and from the end', async () => {
    const { slices, links, events } = await modelOfScenario(SCENARIO);
    const named = slices.filter(({ kind }) => kind === 'await' || kind === 'alone');
    expect(
      named.map(({ name, startNs, endNs }) => [name, Math.round((endNs - startNs) / MS)]),
    ).toEqual([
      ['wait to run alone', 3],
      ['wait to begin its program', 6],
      ['wait to begin its program', 5],
      ['runs alone', 5],
    ]);
    const gives = links.all.filter(({ kind }) => kind === 'gives');
    const arrows = gives.map(({ from, to }) => `${events[from]!.name} ${events[to]!.name}`);
    expect(arrows.filter((arrow) => arrow.includes('exec')).toSorted()).toEqual([
      'cpu_exec_end start_exclusive_end',
      'end_exclusive cpu_exec_start_end',
      'end_exclusive cpu_exec_start_end',
    ]);
  });

  it('are slices of a chrome trace', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-alone-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'trace.json');
    const story = 'scenarios/threads/runs-alone.yaml';
    const { status } = await run(['run', '--trace-file', `chrome:${file}`, story]);
    expect(status).toBe(0);
    const traceEvents = JSON.parse(readFileSync(file, 'utf8')) as {
      ph: string;
      name: string;
      cat?: string;
    }[];
    const begun = traceEvents.filter(
      ({ ph, cat }) => ph === 'B' && (cat === 'await' || cat === 'alone'),
    );
    expect(begun.map(({ name }) => name)).toEqual([
      'wait to run alone',
      'wait to begin its program',
      'runs alone',
      'wait to run alone',
      'runs alone',
    ]);
    const ended = traceEvents.filter(({ ph, name }) => ph === 'E' && name === 'runs alone');
    expect(ended).toHaveLength(2);
  });
});
