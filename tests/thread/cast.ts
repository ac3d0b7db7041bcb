/**
 * Plays of several threads, for programs that tests run alone: each case has a part for every
 * thread. The threads tell each other where they are, and write one log.
 */

import {
  isMainThread,
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from 'node:worker_threads';
import { AioContext } from '../../src/aio/aio-context.ts';
import type { BottomHalf } from '../../src/aio/bottom-half.ts';
import type { BottomHalfHandle, ContextHandle } from '../../src/aio/handles.ts';
import { EAGAIN, ETIMEDOUT, errnoName } from '../../src/host/errno.ts';
import type { Host } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { type MachineHandle, MachineState } from '../../src/thread/machine-state.ts';
import { QemuThread } from '../../src/thread/qemu-thread.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';

const MARKS = 64;
/** The mark that is set when a thread has failed, so that nobody waits for it. */
const FAILED = MARKS - 1;
/** A log entry: its length, then its characters. */
const ENTRY = 128;
const ENTRIES = 200;
const LOOK_NS = 50e6;

interface Shared {
  readonly marks: Int32Array;
  /** The number of entries. */
  readonly count: Int32Array;
  readonly entries: Uint8Array;
  readonly fds: readonly number[];
}

interface Handle extends Shared {
  readonly name: string;
  readonly given: unknown;
  readonly machine: MachineHandle;
  readonly port: MessagePort;
}

/** The bottom halves that a thread lets others schedule. */
export type Offered = Readonly<Record<string, BottomHalf>>;

interface Told {
  readonly context: ContextHandle;
  readonly bhs: Readonly<Record<string, BottomHalfHandle>>;
}

/** Another thread with a context, as main sees it. */
export interface Other {
  readonly context: RemoteContext;
  readonly bhs: Readonly<Record<string, RemoteBottomHalf>>;
}

export interface Case {
  /** Called in main before the other threads begin; all get what it returns. */
  readonly setUp?: (machine: MachineState, loop: MainLoop) => unknown;
  readonly marks?: readonly string[];
  /** The parts of threads without a context. */
  readonly plain?: Readonly<Record<string, (self: Self) => void>>;
  /** Threads that poll a context until main's part is over. */
  readonly io?: Readonly<Record<string, (self: Self, context: AioContext) => Offered>>;
  readonly main: (self: MainSelf) => void;
  readonly fairLock?: boolean;
}

/** A thread of a case, as its part sees it. */
export class Self {
  readonly name: string;
  readonly machine: MachineState;
  readonly host: Host;
  readonly thread: QemuThread;
  /** Descriptors that main opened for all. */
  readonly fds: readonly number[];
  /** The result of setUp; in other threads, as structured clone copies it. */
  readonly given: unknown;
  readonly #shared: Shared;
  readonly #markNames: readonly string[];

  constructor(name: string, shared: Shared, thread: QemuThread, one: Case, given: unknown) {
    this.given = given;
    this.name = name;
    this.thread = thread;
    this.machine = thread.machine;
    this.host = thread.host;
    this.fds = shared.fds;
    this.#shared = shared;
    this.#markNames = one.marks ?? [];
  }

  /** Appends to the log. */
  say(text: string): void {
    const { count, entries } = this.#shared;
    const line = Buffer.from(`${this.name}: ${text}`).subarray(0, ENTRY - 1);
    const at = ENTRY * Atomics.add(count, 0, 1);
    entries.set(line, at + 1);
    Atomics.store(entries, at, line.length);
  }

  get log(): string[] {
    const { count, entries } = this.#shared;
    return Array.from({ length: Atomics.load(count, 0) }, (_, i) => {
      const at = ENTRY * i;
      while (Atomics.load(entries, at) === 0) this.host.schedYield();
      return Buffer.from(entries.slice(at + 1, at + 1 + entries[at]!)).toString();
    });
  }

  /** Tells the others that this thread has come to a mark. */
  reach(mark: string): void {
    this.#set(this.#indexOf(mark));
  }

  /** Sleeps until a mark is reached. */
  await(mark: string): void {
    const { marks } = this.#shared;
    const at = this.#indexOf(mark);
    while (Atomics.load(marks, at) === 0) {
      this.#checkFailed();
      const ret = this.host.futexWait(marks, at, 0, LOOK_NS);
      if (ret !== 0 && ret !== -EAGAIN && ret !== -ETIMEDOUT) {
        throw new Error(`futexWait: ${errnoName(ret)}`);
      }
    }
  }

  /** Waits for something that other threads do and do not tell. */
  until(condition: () => boolean): void {
    while (!condition()) {
      this.#checkFailed();
      this.host.schedYield();
    }
  }

  pass(ms: number): void {
    this.host.poll(this.host.alloc(0), 0, ms * 1e6);
  }

  failed(error: unknown): void {
    this.say(`${(error as Error).name}: ${(error as Error).message}`);
    this.#set(FAILED);
  }

  #set(at: number): void {
    Atomics.store(this.#shared.marks, at, 1);
    this.host.futexWake(this.#shared.marks, at, MARKS);
  }

  #checkFailed(): void {
    if (this.#shared.marks[FAILED] !== 0) throw new Error('another thread has failed');
  }

  #indexOf(mark: string): number {
    const at = this.#markNames.indexOf(mark);
    if (at < 0) throw new Error(`'${mark}' is no mark of the case`);
    return at;
  }
}

/** The main thread of a case. */
export class MainSelf extends Self {
  readonly loop: MainLoop;
  readonly ports = new Map<string, MessagePort>();

  constructor(shared: Shared, machine: MachineState, loop: MainLoop, one: Case, given: unknown) {
    super('main', shared, machine.thread, one, given);
    this.loop = loop;
  }

  /** A thread with a context, once it has it. */
  other(name: string): Other {
    let told: Told | undefined;
    this.until(() => {
      told = receiveMessageOnPort(this.ports.get(name)!)?.message as Told | undefined;
      return told !== undefined;
    });
    const { context, bhs } = told!;
    const remote = ([bh, handle]: [string, BottomHalfHandle]) =>
      [bh, RemoteBottomHalf.from(handle, this.host)] as const;
    return {
      context: RemoteContext.from(context, this.host),
      bhs: Object.fromEntries(Object.entries(bhs).map(remote)),
    };
  }
}

/** Plays the case that the program's argument names, and prints its log as JSON. */
export async function play(cases: Readonly<Record<string, Case>>): Promise<void> {
  const one = cases[process.argv[2]!]!;
  if (isMainThread) await playMain(one);
  else playOther(one, workerData as Handle);
}

function playOther(one: Case, handle: Handle): void {
  const { name } = handle;
  const host = new LinuxHost();
  const machine = MachineState.from(handle.machine, host);
  const io = one.io?.[name];
  const context = io === undefined ? undefined : new AioContext({ host, name });
  const self = new Self(
    name,
    handle,
    new QemuThread({ machine, name, context }),
    one,
    handle.given,
  );
  try {
    if (context === undefined) one.plain![name]!(self);
    else runContext(self, context, io!, handle.port);
  } catch (error) {
    self.failed(error);
  }
}

function runContext(
  self: Self,
  context: AioContext,
  part: (self: Self, context: AioContext) => Offered,
  port: MessagePort,
): void {
  let stops = false;
  const stop = context.newBottomHalf('stop', () => {
    stops = true;
  });
  const bhs = { ...part(self, context), stop };
  const shares = Object.entries(bhs).map(([name, bh]) => [name, bh.share()] as const);
  port.postMessage({ context: context.share(), bhs: Object.fromEntries(shares) } satisfies Told);
  while (!stops) context.poll(true);
  for (const bh of Object.values(bhs)) bh.dispose();
  context.close();
}

async function playMain(one: Case): Promise<void> {
  const host = new LinuxHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop, fairLock: one.fairLock });
  const shared: Shared = {
    marks: new Int32Array(new SharedArrayBuffer(4 * MARKS)),
    count: new Int32Array(new SharedArrayBuffer(4)),
    entries: new Uint8Array(new SharedArrayBuffer(ENTRY * ENTRIES)),
    fds: [host.eventfd(0, 0o2004000)],
  };
  const given = one.setUp?.(machine, loop) ?? null;
  const self = new MainSelf(shared, machine, loop, one, given);
  const names = [...Object.keys(one.plain ?? {}), ...Object.keys(one.io ?? {})];
  const ended = names.map((name) => {
    const { port1, port2 } = new MessageChannel();
    self.ports.set(name, port1);
    const data: Handle = {
      ...shared,
      name,
      given: handed(given),
      machine: machine.share(),
      port: port2,
    };
    const argv = process.argv.slice(2);
    const worker = new Worker(process.argv[1]!, { argv, workerData: data, transferList: [port2] });
    return new Promise((resolve) => worker.once('exit', resolve));
  });
  const others = new Map<string, Other>();
  const other = self.other.bind(self);
  self.other = (name) => {
    const known = others.get(name) ?? other(name);
    others.set(name, known);
    return known;
  };
  try {
    one.main(self);
    for (const name of Object.keys(one.io ?? {})) self.other(name).bhs.stop!.schedule();
  } catch (error) {
    self.failed(error);
    console.log(JSON.stringify(self.log));
    process.exit(1);
  }
  machine.dispose();
  await Promise.all(ended);
  for (const port of self.ports.values()) port.close();
  loop.close();
  for (const fd of shared.fds) host.close(fd);
  console.log(JSON.stringify(self.log));
}

/** Without the parts that only main can use. */
function handed(given: unknown): unknown {
  return (given as { handed?: unknown } | null)?.handed ?? null;
}
