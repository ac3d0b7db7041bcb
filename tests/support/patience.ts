/**
 * Gives up on what a test awaits, in its words, long before the test's own limit: a run that hangs
 * fails by the name of what did not come, with the processes that are left.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { statInProc } from '../../src/host/linux/proc.ts';
import { ticksIn } from './proc-ticks.ts';

const LOOK_MS = 1_000;
/** The number of looks in a row at processes that sleep after which nothing more comes of them. */
const STILL = 15;
/** The looks among these that may find one that runs: a shell waits by sleeping again and again. */
const FEW = 3;
/** Ticks of a processor, 10 ms each, between two looks: more than such a shell takes. */
const BUSY_TICKS = 5;
/** All looks at processes that do run. A test's own limit is 180 s. */
const MOST = 150;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}

/** The living processes that descend from this one. */
function below(): number[] {
  const known = new Set([process.pid]);
  const parents = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const ppids = new Map(parents.map((pid) => [pid, statInProc(pid)?.ppid ?? 0]));
  for (let more = true; more; ) {
    more = false;
    for (const [pid, ppid] of ppids) {
      if (known.has(pid) || !known.has(ppid)) continue;
      known.add(pid);
      more = true;
    }
  }
  known.delete(process.pid);
  return [...known];
}

/** Whether a thread of it runs, waits for a processor, or waits for a disk. */
function runs(pid: number): boolean {
  const dir = `/proc/${pid}/task`;
  try {
    return readdirSync(dir).some((tid) => /^\d+ \(.*\) [RD]/s.test(read(`${dir}/${tid}/stat`)));
  } catch {
    return false;
  }
}

function shown(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200);
  return `pid ${pid}, ${statInProc(pid)?.state ?? 'gone'}: ${command}`;
}

/** Counts the seconds of a wait. */
class Looks {
  #all = 0;
  /** The last looks; true: a process ran. */
  readonly #ran: boolean[] = [];
  #ticks = new Map<number, number>();

  /** The processes that are left if the wait is in vain. */
  take(): readonly number[] | null {
    const pids = below();
    this.#all++;
    const busy = this.#spent(pids) >= BUSY_TICKS;
    this.#ran.push(busy || pids.some(runs));
    if (this.#ran.length > STILL) this.#ran.shift();
    const still = this.#ran.length === STILL && this.#ran.filter(Boolean).length <= FEW;
    return still || this.#all >= MOST ? pids : null;
  }

  /** The ticks since the last look: children one after the other are too short to be seen as they run. */
  #spent(pids: readonly number[]): number {
    const now = new Map(pids.map((pid) => [pid, ticksIn(read(`/proc/${pid}/stat`))]));
    let sum = 0;
    for (const [pid, ticks] of now) sum += ticks - (this.#ticks.get(pid) ?? ticks);
    this.#ticks = now;
    return sum;
  }
}

/**
 * Resolves as the promise does. If all processes below this one sleep meanwhile, that is in vain.
 * @param what what is awaited, and what is known of it
 * @throws Error that says so, and names the processes
 */
export async function within<T>(what: () => string, awaited: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const inVain = new Promise<never>((_, reject) => {
    const looks = new Looks();
    timer = setInterval(() => {
      const left = looks.take();
      if (left === null) return;
      clearInterval(timer);
      const lines = left.map(shown).join('\n');
      reject(new Error(`waited in vain for ${what()}\n-- processes:\n${lines}`));
    }, LOOK_MS);
  });
  try {
    return await Promise.race([awaited, inVain]);
  } finally {
    clearInterval(timer);
  }
}
