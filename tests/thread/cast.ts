/**
 * Plays of several threads, for programs that tests run alone: each case has a part for every thread.
 * The threads tell each other where they are, and write one log.
 */

import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { EAGAIN, errnoName } from '../../src/host/errno.ts';
import type { Host } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { type MachineHandle, MachineState } from '../../src/thread/machine-state.ts';
import { QemuThread } from '../../src/thread/qemu-thread.ts';

const NAMES = 64;
const LENGTH = 0;
const FIRST = 1;
const MOST_ENTRIES = 1000;

interface Handle {
  readonly name: string;
  readonly machine: MachineHandle;
  /** One word for each mark, and one that changes with each. */
  readonly marks: Int32Array;
  readonly log: Int32Array;
  readonly fds: readonly number[];
}

/** A thread of a case, as its part sees it. */
export class Self {
  readonly name: string;
  readonly host: Host;
  readonly machine: MachineState;
  readonly thread: QemuThread;
  /** In main only. */
  readonly loop: MainLoop | null;
  /** Descriptors that main opened for all. */
  readonly fds: readonly number[];
  readonly #marks: Int32Array;
  readonly #log: Int32Array;
  readonly #texts: readonly string[];
  readonly #names: string[] = [];

  constructor(
    handle: Omit<Handle, 'machine'>,
    machine: MachineState,
    one: Case,
    loop: MainLoop | null,
  ) {
    this.name = handle.name;
    this.machine = machine;
    this.host = machine.host;
    this.thread = loop === null ? new QemuThread({ machine, name: this.name }) : machine.thread;
    this.loop = loop;
    this.fds = handle.fds;
    this.#marks = handle.marks;
    this.#log = handle.log;
    this.#texts = one.texts;
    this.#names = [...(one.marks ?? [])];
  }

  /** Appends a text of the case to the log. */
  say(text: string): void {
    const at = this.#texts.indexOf(`${this.name}: ${text}`);
    if (at < 0) throw new Error(`'${this.name}: ${text}' is no text of the case`);
    this.#log[FIRST + Atomics.add(this.#log, LENGTH, 1)] = at;
  }

  get log(): string[] {
    return Array.from(
      { length: this.#log[LENGTH]! },
      (_, i) => this.#texts[this.#log[FIRST + i]!]!,
    );
  }

  /** Tells the others that this thread has come to a mark. */
  reach(mark: string): void {
    Atomics.store(this.#marks, this.#indexOf(mark), 1);
    this.host.futexWake(this.#marks, this.#indexOf(mark), NAMES);
  }

  /** Sleeps until a mark is reached. */
  await(mark: string): void {
    const at = this.#indexOf(mark);
    while (Atomics.load(this.#marks, at) === 0) {
      const ret = this.host.futexWait(this.#marks, at, 0, -1);
      if (ret !== 0 && ret !== -EAGAIN) throw new Error(`futexWait: ${errnoName(ret)}`);
    }
  }

  /** Waits for something that other threads do and do not tell. */
  until(condition: () => boolean): void {
    while (!condition()) this.host.schedYield();
  }

  #indexOf(mark: string): number {
    const at = this.#names.indexOf(mark);
    if (at < 0) throw new Error(`'${mark}' is no mark of the case`);
    return at;
  }
}

export interface Case {
  /** All that the threads may say, with the names of the threads before it. */
  readonly texts: readonly string[];
  readonly marks?: readonly string[];
  /** The parts of the other threads, by their names. */
  readonly others?: Readonly<Record<string, (self: Self) => void>>;
  readonly main: (self: Self) => void;
  readonly fairLock?: boolean;
}

/** Plays the case that the program's argument names, and prints its log as JSON. */
export async function play(cases: Readonly<Record<string, Case>>): Promise<void> {
  const one = cases[process.argv[2]!]!;
  if (isMainThread) await playMain(one);
  else playOther(one, workerData as Handle);
}

function playOther(one: Case, handle: Handle): void {
  const host = new LinuxHost();
  const machine = MachineState.from(handle.machine, host);
  one.others![handle.name]!(new Self(handle, machine, one, null));
}

async function playMain(one: Case): Promise<void> {
  const host = new LinuxHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop, fairLock: one.fairLock });
  const fds = [host.eventfd(0, 0o2004000)];
  const shared = {
    name: 'main',
    marks: new Int32Array(new SharedArrayBuffer(4 * NAMES)),
    log: new Int32Array(new SharedArrayBuffer(4 * (FIRST + MOST_ENTRIES))),
    fds,
  };
  const ended = Object.keys(one.others ?? {}).map((name) => {
    const data: Handle = { ...shared, name, machine: machine.share() };
    const worker = new Worker(process.argv[1]!, { argv: process.argv.slice(2), workerData: data });
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', resolve);
    });
  });
  const self = new Self(shared, machine, one, loop);
  one.main(self);
  machine.dispose();
  await Promise.all(ended);
  loop.close();
  for (const fd of fds) host.close(fd);
  console.log(JSON.stringify(self.log));
}
