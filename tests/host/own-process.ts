/** Runs a TypeScript file as a process of its own: what masks signals or blocks must not do so here. */

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { BUNDLES } from '../support/build.ts';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Less than a test's own time limit. */
const GIVE_UP_MS = 150_000;

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

/** Bundles of this process, by the path of what they were made of. They go with the run. */
const bundles = new Map<string, Promise<string>>();

/** Bundles the file, if that has not been done, and runs it to its end. */
export async function runAlone(file: string, ...args: string[]): Promise<Ended> {
  const known = bundles.get(file) ?? bundle(file);
  bundles.set(file, known);
  return run(process.execPath, [await known, ...args]);
}

/** As CommonJS, which Node loads without its thread pool: a test can tell when that starts. */
async function bundle(file: string): Promise<string> {
  const outfile = join(process.env[BUNDLES]!, `${process.pid}-${bundles.size}.cjs`);
  await build({
    entryPoints: [file],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    plugins: [koffiByPath],
  });
  return outfile;
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
