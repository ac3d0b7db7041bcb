/** Traces of scenarios, run by the command. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportTrace } from '../../../src/cli/report/facts.ts';
import { buildModel, type Model } from '../../../src/cli/report/model.ts';
import { readTrace } from '../../../src/trace/read.ts';
import { root, run } from '../../support/run.ts';
import { SLOW_NS } from './traces.ts';

/** The text of a shipped scenario, with some of it replaced. */
export function story(name: string, ...changes: readonly [string, string][]): string {
  let text = readFileSync(join(root, 'scenarios', `${name}.yaml`), 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`${name} has no ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

const made = new Map<string, Promise<ReportTrace>>();

/** The trace of a scenario on the simulated host, whether it passes or not. It is run once. */
export function traceOf(text: string, format: 'json' | 'simple' = 'json'): Promise<ReportTrace> {
  const key = `${format} ${text}`;
  const trace = made.get(key) ?? runTraced(text, format);
  made.set(key, trace);
  return trace;
}

async function runTraced(text: string, format: string): Promise<ReportTrace> {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-threads-'));
  try {
    const [file, trace] = [join(dir, 'a.yaml'), join(dir, 'a.trace')];
    writeFileSync(file, text);
    const { status, stderr } = await run(['run', '--trace-file', `${format}:${trace}`, file]);
    if (status !== 0 && status !== 1) throw new Error(stderr);
    return readTrace(readFileSync(trace));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export async function modelOfScenario(text: string): Promise<Model> {
  return buildModel(await traceOf(text), { slowNs: SLOW_NS });
}
