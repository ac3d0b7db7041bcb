/** Runs every case under the mode it is given and prints one result a line. A process of its own. */

import { spawnSync } from 'node:child_process';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { childCases } from './children.ts';
import { type BehaviourCase, Env, footprint, type Mode } from './harness.ts';
import { signalCases } from './signals.ts';

const mode = process.argv[2] as Mode;
const only = process.argv[3] ?? '';
const host = new LinuxHost();

async function run(one: BehaviourCase): Promise<string> {
  const before = footprint(host);
  const env = new Env(mode, host);
  let problem = '';
  try {
    await one.run(env);
  } catch (error) {
    problem = (error as Error).stack ?? String(error);
  }
  env.dispose();
  // Node closes what its listeners held in turns of its own.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const after = footprint(host);
  for (const [what, was] of Object.entries(before)) {
    if (after[what] !== was) problem += `; left behind: ${what}: "${was}" is "${after[what]}"`;
  }
  return problem;
}

async function main(): Promise<void> {
  // Node keeps a pipe and a handler once it has had a child and a listener.
  spawnSync('true');
  const listener = (): void => {};
  process.on('SIGUSR2', listener);
  process.off('SIGUSR2', listener);
  const { spawn } = await import('node:child_process');
  await new Promise((resolve) => spawn('true').once('close', resolve));
  // A listener for a signal does not keep Node going.
  const alive = setInterval(() => {}, 1000);
  for (const one of [...signalCases, ...childCases]) {
    if (!one.name.includes(only) || (one.only ?? mode) !== mode) continue;
    console.log(JSON.stringify({ name: one.name, problem: await run(one) }));
  }
  clearInterval(alive);
}

void main();
