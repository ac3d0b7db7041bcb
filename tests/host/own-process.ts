/** Runs a TypeScript file as a process of its own: what masks signals or blocks must not do so here. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Less than a test's own time limit. */
const GIVE_UP_MS = 50_000;

/** The bundle stands outside the tree, where `koffi` would not be found by name. */
const koffiByPath: Plugin = {
  name: 'koffi-by-path',
  setup: (on) => {
    on.onResolve({ filter: /^koffi$/ }, () => {
      const main = createRequire(import.meta.url).resolve('koffi');
      return { path: main, external: true };
    });
  },
};

/**
 * Bundles the file, runs it to its end, and removes the bundle. As CommonJS, which
 * Node loads without its thread pool: a test can tell when that starts.
 */
export function runAlone(file: string, ...args: string[]): Promise<Ended> {
  return runUnder([], file, ...args);
}

/** runAlone, where another program starts it: `prlimit`, `unshare`. */
export async function runUnder(
  wrapper: readonly string[],
  file: string,
  ...args: string[]
): Promise<Ended> {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-test-'));
  const outfile = join(dir, 'program.cjs');
  try {
    await build({
      entryPoints: [file],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      plugins: [koffiByPath],
    });
    const [program, ...before] = [...wrapper, process.execPath];
    return await run(program!, [...before, outfile, ...args]);
  } finally {
    rmSync(dir, { recursive: true });
  }
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
