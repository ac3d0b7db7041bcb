/** Things that the rows of threads have in common. */

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import {
  type BottomHalfHandle,
  IOThread,
  LinuxHost,
  MachineState,
  MainLoop,
  RemoteBottomHalf,
} from '../src/index.ts';
import { CProgram } from './c-program.ts';
import type { ProgramRow, Row } from './row.ts';
import { median } from './statistics.ts';

/** Words of answer.mjs and node-worker.mjs. */
export const COUNT = 0;
export const LEFT = 1;
export const END = 2;

/** A thread that is about to sleep does so meanwhile. Also in bench.h. */
const FALL_ASLEEP_NS = 50_000;

/** Its loop polls for as long as the benchmark takes. */
export const POLLING = { pollMaxNs: 1e9, pollGrow: 1_000_000 };
export const SLEEPING = { pollMaxNs: 0 };

export function moduleOf(name: string): string {
  return resolve('bench', 'thread-modules', `${name}.mjs`);
}

/** The library as users get it, from dist/. */
export function shipped(): typeof import('../src/index.ts') {
  return createRequire(import.meta.url)(resolve('dist', 'cjs', 'index.js'));
}

/** Its program of threads. */
export const SHIPPED = pathToFileURL(resolve('dist', 'cjs', 'thread-entry.js'));

/** A main loop and its machine, and the rows of the C programs that do the same. */
export class ThreadRig {
  readonly host = new LinuxHost();
  readonly loop = new MainLoop({ host: this.host });
  readonly machine: MachineState;
  readonly words = new Int32Array(new SharedArrayBuffer(16));
  readonly #c = new CProgram('threads');
  readonly #iothreads: IOThread[] = [];
  readonly #workers: Worker[] = [];

  /** @param entry the program of its threads; by default this benchmark's own */
  constructor(entry?: URL) {
    const { host, loop } = this;
    this.machine = new MachineState({ host, loop, entry });
  }

  /** Plain C and QEMU: rows of one name. */
  peers(work: ProgramRow): Pick<Row, 'c' | 'qemu'> {
    const { problem } = this.#c;
    return {
      c: problem === null ? () => this.#c.run(work) : undefined,
      qemu: { ...work, row: `threads-${work.row}` },
    };
  }

  io(name: string, module: string, options: object = SLEEPING, data: object = {}): IOThread {
    const { machine } = this;
    const transfer = 'port' in data ? [data.port as object] : [];
    const all = { machine, name, module: moduleOf(module), data, transfer };
    const io = new IOThread({ ...all, ...options });
    this.#iothreads.push(io);
    return io;
  }

  /** An IOThread with bottom halves that count. */
  answer(name: string, many: number, options: object) {
    const { port1, port2 } = new MessageChannel();
    const { words } = this;
    const io = this.io(name, 'answer', options, { words, many, port: port2 });
    const { bhs, ball } = receiveMessageOnPort(port1)!.message as {
      bhs: BottomHalfHandle[];
      ball: BottomHalfHandle;
    };
    const from = (handle: BottomHalfHandle) => RemoteBottomHalf.from(handle, this.host);
    return { io, port: port1, bhs: bhs.map(from), ball: from(ball), ballHandle: ball };
  }

  /** A Worker of Node's, once it runs. */
  async worker(): Promise<Worker> {
    const data = { workerData: { words: this.words } };
    const worker = new Worker(moduleOf('node-worker'), data);
    this.#workers.push(worker);
    await new Promise((resolve) => worker.once('message', resolve));
    return worker;
  }

  /** Spins until COUNT is `many`. */
  spinUntil(many: number): void {
    while (Atomics.load(this.words, COUNT) < many);
  }

  /** Plays ping-pong. Returns the ns of one hop. */
  play(turns: number, start: () => void): number {
    const { words } = this;
    words[LEFT] = turns;
    words[END] = 0;
    const begin = performance.now();
    start();
    while (Atomics.load(words, END) === 0) this.host.futexWait(words, END, 0, 1e9);
    return ((performance.now() - begin) * 1e6) / turns;
  }

  close(): void {
    for (const worker of this.#workers) void worker.terminate();
    for (const io of this.#iothreads) io.dispose();
    this.machine.dispose();
    this.loop.close();
    this.#c.dispose();
  }
}

const { hrtime } = process;

/** Node's fastest clock: C's takes 30 ns, this one 45, performance.now 90. */
function nowNs(): number {
  const time = hrtime();
  return time[0] * 1e9 + time[1];
}

/** The median time of an operation, ns, each after a time in which another thread falls asleep. */
export function spaced(count: number, act: () => void, each = 1): number {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const end = nowNs() + FALL_ASLEEP_NS;
    while (nowNs() < end);
    const begin = nowNs();
    act();
    times.push((nowNs() - begin) / each);
  }
  return median(times);
}
