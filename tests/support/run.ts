/** Runs dist/qemu-loop.cjs as a real process, to its end or step by step. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { statInProc } from '../../src/host/linux/proc.ts';
import { within } from './patience.ts';

export const root = join(import.meta.dirname, '..', '..');
export const command = join(root, 'dist', 'qemu-loop.cjs');

/** A test that builds a driver for QEMU names a cache of its own, and removes it: that of the user stays as it is. */
export const NO_CACHE = '/dev/null';

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}

/** A running process, whose output can be waited for. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #changed = new Set<() => void>();
  readonly #end: Promise<unknown>;

  constructor(file: string, args: readonly string[], options: RunOptions = {}) {
    const ours = { NO_COLOR: '', FORCE_COLOR: undefined, XDG_CACHE_HOME: NO_CACHE };
    const env = { ...process.env, ...ours, ...options.env };
    this.child = spawn(file, args, { env, cwd: options.cwd, stdio: 'pipe' });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#add('stdout', text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#add('stderr', text));
    this.child.stdin?.on('error', () => {});
    if (options.input !== undefined) this.child.stdin?.end(options.input);
    this.#end = once(this.child, 'close');
    // If a test fails half-way, nothing of it may stay.
    onTestFinished(() => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.kill('SIGKILL');
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  #add(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    for (const tell of this.#changed) tell();
  }

  /** Resolves with the match once the output has it; rejects if it does not come, or no longer can. */
  async until(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    let tell = (): void => {};
    const seen = new Promise<RegExpExecArray>((resolve) => {
      tell = () => {
        const match = pattern.exec(this[stream]);
        if (match !== null) resolve(match);
      };
      this.#changed.add(tell);
      tell();
    });
    const ended = this.#end.then(() => {
      const match = pattern.exec(this[stream]);
      if (match !== null) return match;
      throw new Error(`ended without ${this.#inVain(String(pattern))}`);
    });
    try {
      const what = (): string => this.#inVain(String(pattern));
      return await within(what, Promise.race([seen, ended]));
    } finally {
      this.#changed.delete(tell);
    }
  }

  /** Text for an error: the thing that did not come, and all output so far. */
  #inVain(what: string): string {
    return `${what} of ${this.child.spawnargs.join(' ')}: ${this.stdout}\n--\n${this.stderr}`;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async end(): Promise<Ended> {
    await within(() => this.#inVain('the end'), this.#end);
    const { exitCode: status, signalCode: signal } = this.child;
    return { status, signal, stdout: this.stdout, stderr: this.stderr };
  }
}

/** Starts qemu-loop. */
export function start(args: readonly string[], options?: RunOptions): Running {
  return new Running(process.execPath, [command, ...args], options);
}

/** qemu-loop in a process group of its own. */
export interface Job {
  /** The process that started it: it has the job's output, and ends with its status. */
  readonly starter: Running;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts qemu-loop in a process group of its own, by another qemu-loop: shells make groups only on a
 * terminal. The kernel ignores SIGTSTP in an orphaned group, and that of the test's runner may be
 * one; this one is not, since its parent is in the same session and in another group.
 */
export async function startJob(args: readonly string[]): Promise<Job> {
  const own = ['--log-format', 'json', '--group', '--'];
  const starter = start([...own, process.execPath, command, ...args]);
  const spawned = await starter.until(/"event":"child_spawn".*?"pid":(\d+)\D/, 'stderr');
  const pid = Number(spawned[1]);
  return { starter, pid, kill: (signal) => void process.kill(pid, signal) };
}

/** Runs qemu-loop to its end. */
export function run(args: readonly string[], options?: RunOptions): Promise<Ended> {
  return start(args, options).end();
}

/** Starts a shell script, in which $QL is qemu-loop. */
export function shellStart(script: string, options: RunOptions = {}): Running {
  const QL = `${process.execPath} ${command}`;
  return new Running('/bin/sh', ['-c', script], { ...options, env: { ...options.env, QL } });
}

/** Runs such a script to its end. */
export function shell(script: string, options?: RunOptions): Promise<Ended> {
  return shellStart(script, options).end();
}

/** The objects of a JSON log. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The summary of a JSON log. */
export function summaryOf(text: string): Record<string, unknown> {
  const found = jsonLines(text).find((line) => line.event === 'summary');
  if (found === undefined) throw new Error(`no summary: ${text}`);
  return found;
}

/** State letter of a process from /proc, or undefined if there is no such process. */
export function stateOf(pid: number): string | undefined {
  return statInProc(pid)?.state;
}

/** The children of a process's main thread. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number);
}

/** Whether a process lives, asleep or not: on a busy machine it may wait for a processor. */
export function isAlive(pid: number): boolean {
  return !'ZX'.includes(stateOf(pid) ?? 'X');
}

/** The pause between two looks at something that no event announces. */
const LOOK_MS = 2;

/** Waits for something that no event announces, and leaves the machine to others meanwhile. */
export async function untilTrue(holds: () => boolean, what = String(holds)): Promise<void> {
  let isAwaited = true;
  const looks = async (): Promise<void> => {
    while (isAwaited && !holds()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  };
  await within(() => what, looks()).finally(() => {
    isAwaited = false;
  });
}

/** Waits until a process is in one of the states; Z means ended, reaped or not. */
export function untilState(pid: number, states: string): Promise<void> {
  const what = `state ${[...states].join(' or ')} of process ${pid}`;
  return untilTrue(() => states.includes(stateOf(pid) ?? 'Z'), what);
}
