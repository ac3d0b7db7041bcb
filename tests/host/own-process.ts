/** Runs a TypeScript file as a process of its own: what masks signals or blocks must not do so here. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
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

/** Bundles the file, runs it to its end, and removes the bundle. */
export function runAlone(file: string, ...args: string[]): Promise<Ended> {
  return runUnder([], file, ...args);
}

/** runAlone, started by another program: `prlimit`, `unshare`. */
export async function runUnder(
  wrapper: readonly string[],
  file: string,
  ...args: string[]
): Promise<Ended> {
  const bundle = await bundled(file);
  const [program, ...before] = [...wrapper, process.execPath];
  try {
    return await run(program!, [...before, bundle.program, ...args]);
  } finally {
    bundle.remove();
  }
}

/** A program that answers each line with a line, until it is ended. */
export interface Running {
  ask(line: string): Promise<string>;
  end(): void;
}

/** Bundles the file, and starts it. It ends with this process, whose end closes its stdin. */
export async function startAlone(file: string): Promise<Running> {
  const bundle = await bundled(file);
  const child = spawn(process.execPath, [bundle.program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout });
  return {
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return nextLine(answers, child);
    },
    end: () => {
      child.kill('SIGKILL');
      bundle.remove();
    },
  };
}

function nextLine(lines: ReturnType<typeof createInterface>, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const gone = (status: number | null, signal: NodeJS.Signals | null): void => {
      reject(new Error(`the program ended by ${signal ?? status} before it answered`));
    };
    child.once('exit', gone);
    lines.once('line', (line) => {
      child.off('exit', gone);
      resolve(line);
    });
  });
}

/** As CommonJS, which Node loads without its thread pool: a test can tell when that starts. */
async function bundled(file: string): Promise<{ readonly program: string; remove(): void }> {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-test-'));
  const remove = (): void => rmSync(dir, { recursive: true });
  const program = join(dir, 'program.cjs');
  try {
    await build({
      entryPoints: [file],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      plugins: [koffiByPath],
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { program, remove };
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
