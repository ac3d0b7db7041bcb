/** Runs a TypeScript file as a process of its own: what masks signals or blocks must not do so here. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { BUNDLES, bundle } from '../support/bundle.ts';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Less than a test's own time limit; an hour for reliability tests at their full size. */
const GIVE_UP_MS = process.env.QEMU_LOOP_RELIABILITY === undefined ? 150_000 : 3_600_000;

/** Bundles of this process, by the path of what they were made of. They go with the run. */
const bundles = new Map<string, Promise<string>>();

/** Bundles the file, if that has not been done, and runs it to its end. */
export function runAlone(file: string, ...args: string[]): Promise<Ended> {
  return runUnder([], file, ...args);
}

/** runAlone, started by another program: `prlimit`, `unshare`. */
export async function runUnder(
  wrapper: readonly string[],
  file: string,
  ...args: string[]
): Promise<Ended> {
  const known = bundles.get(file) ?? bundleAnew(file);
  bundles.set(file, known);
  const [program, ...before] = [...wrapper, process.execPath];
  return run(program!, [...before, await known, ...args]);
}

function bundleAnew(file: string): Promise<string> {
  return bundle(file, join(process.env[BUNDLES]!, `${process.pid}-${bundles.size}.cjs`));
}

function run(program: string, args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A program that hangs must not outlive the test that gives up on it.
    const end = { timeout: GIVE_UP_MS, killSignal: 'SIGKILL' } as const;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...end });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const stdout = Buffer.concat(out).toString();
      resolve({ status, signal, stdout, stderr: Buffer.concat(err).toString() });
    });
  });
}
