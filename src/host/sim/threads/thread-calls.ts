/** The calls of a thread other than main, which the kernel makes in its place. */
import { type ArgKind, HOST_CALLS, type HostCallName } from '../../calls.ts';
import { HostError } from '../../errno.ts';
import {
  type HostBuffer,
  type NewThread,
  newSigAction,
  newWaitResult,
  type SignalMaskToken,
} from '../../host.ts';
import type { VirtualClock } from '../clock.ts';
import { SimBuffer } from '../memory.ts';
import type { Scheduler } from '../scheduler.ts';
import { SimFatalSignalError } from '../signals.ts';
import { ASLEEP, type Runner, soonestNs, type Thread } from '../thread.ts';
import * as CH from './channel.ts';
import {
  CALL_NAMES,
  type CallMessage,
  type CallName,
  type ErrorMessage,
  type Filled,
  PASS,
  type ReplyMessage,
  type SimCallName,
} from './messages.ts';
import type { ThreadChannels, ThreadPort } from './ports.ts';
import type { Turns } from './turns.ts';

/** How long a thread may run without a call, ms of real time. A Worker that is loaded needs some. */
const LONGEST_RUN_MS = 60_000;

/** The way to the thread. */
export interface ThreadWay {
  readonly channels: ThreadChannels;
  /** The kernel's end. */
  readonly port: ThreadPort;
  readonly onEnd: () => void;
  readonly turns: Turns;
}

/** The calls of the kernel, by name. */
export type KernelCalls = Readonly<
  Record<Exclude<HostCallName, 'dispose'> | SimCallName, unknown>
> & {
  still<T>(act: () => T): T;
};

export class ThreadCalls implements Runner {
  readonly channel = new CH.Channel();
  /** Set once, before the first turn. */
  thread!: Thread;
  readonly #host: KernelCalls;
  readonly #threads: Scheduler;
  readonly #clock: VirtualClock;
  readonly #way: ThreadWay;
  readonly #buffers = new Map<number, HostBuffer>();
  readonly #words = new Map<number, Int32Array>();
  readonly #tokens = new Map<number, SignalMaskToken>();
  /** The result of the call that was made last, and the objects that it fills. */
  #value: unknown = 0;
  #error: unknown;
  #failed = false;
  #filled: Filled[] = [];

  constructor(host: KernelCalls, threads: Scheduler, clock: VirtualClock, way: ThreadWay) {
    this.#host = host;
    this.#threads = threads;
    this.#clock = clock;
    this.#way = way;
  }

  resume(): void {
    this.#way.turns.next(this.thread, this.#value === ASLEEP);
    const { channel } = this;
    const { words, numbers } = channel;
    const threads = this.#threads;
    const clock = this.#clock;
    this.#reply();
    numbers[CH.NOW] = clock.nowNs;
    numbers[CH.DUE] = Math.min(clock.nextEventNs(), soonestNs(threads.threads));
    numbers[CH.CHANCE] = threads.draw.chance;
    words[CH.RANDOM] = threads.draw.random.state;
    words[CH.OTHERS] = threads.runnable();
    channel.pass(CH.RUNS);
    if (!channel.await(CH.RUNS, LONGEST_RUN_MS)) {
      this.#way.onEnd();
      throw new Error(
        `thread '${this.thread.name}' has made no call for ${LONGEST_RUN_MS / 1000} s: ` +
          'has its Worker ended without disposing of its host?',
      );
    }
    clock.nowNs = numbers[CH.NOW]!;
    threads.draw.random.state = words[CH.RANDOM]! >>> 0;
  }

  execute(): number {
    const { words } = this.channel;
    const name = CALL_NAMES[words[CH.CALL]!]!;
    this.#failed = false;
    this.#filled = [];
    // Not the last call's: a pass has no result.
    this.#value = 0;
    if (name === PASS) {
      if (!this.#threads.draw.isChosen) this.#threads.decide(false);
      return 0;
    }
    if (name === 'dispose') {
      this.kill();
      return 0;
    }
    try {
      const args = this.#takeArgs(name);
      const isStill = (words[CH.FLAGS]! & CH.IS_STILL) !== 0;
      if (isStill) this.#threads.decide(true);
      this.#value = isStill
        ? this.#host.still(() => this.#call(name, args))
        : this.#call(name, args);
    } catch (error) {
      this.#failed = true;
      this.#error = error;
    }
    return this.#value === ASLEEP && !this.#failed ? ASLEEP : 0;
  }

  /** No call returns to it any more. */
  kill(): void {
    this.#way.onEnd();
    this.channel.pass(CH.DEAD);
  }

  close(): void {
    this.#way.port.close();
  }

  #call(name: Exclude<CallName, 'dispose' | typeof PASS>, args: unknown[]): unknown {
    // Its method has no result, and so cannot say that the thread sleeps.
    if (name === 'advance') return this.#threads.compute(args[0] as number);
    return (this.#host[name] as (...args: unknown[]) => unknown)(...args);
  }

  #takeArgs(name: Exclude<CallName, 'dispose' | typeof PASS>): unknown[] {
    const { words, numbers, tags } = this.channel;
    const message = (words[CH.FLAGS]! & CH.HAS_MESSAGE) === 0 ? null : this.#takeMessage();
    const kinds: readonly (readonly [string, ArgKind])[] | undefined =
      name in HOST_CALLS ? HOST_CALLS[name as HostCallName].args : undefined;
    if (kinds === undefined) return [...message!.args];
    let taken = 0;
    return kinds.map(([, kind], i) => {
      const number = numbers[i]!;
      switch (tags[i]) {
        case CH.TAG_NUMBER:
          return number;
        case CH.TAG_BUFFER:
          return this.#buffers.get(number) ?? null;
        case CH.TAG_WORDS:
          return this.#words.get(number) ?? null;
        case CH.TAG_TOKEN:
          return this.#tokens.get(number);
        case CH.TAG_BUFFERS:
          return (message!.args[taken++] as number[]).map((id) => this.#buffers.get(id) ?? null);
        case CH.TAG_FILLED:
          return this.#fill(kind);
        default:
          return message!.args[taken++];
      }
    });
  }

  #takeMessage(): CallMessage {
    const { channels, port } = this.#way;
    const { message } = channels.take(port) as { message: CallMessage };
    for (const [id, memory, bytes] of message.buffers) {
      this.#buffers.set(id, SimBuffer.over(memory, bytes));
    }
    for (const [id, words] of message.words) this.#words.set(id, words);
    return message;
  }

  #fill(kind: ArgKind): Filled {
    const made: Filled =
      kind === 'pair' ? [] : kind === 'action' ? newSigAction() : newWaitResult();
    this.#filled.push(made);
    return made;
  }

  /** Puts the result of its call where the thread finds it. */
  #reply(): void {
    const { words, numbers } = this.channel;
    const value = this.#value === ASLEEP ? this.thread.result : this.#value;
    if (typeof value === 'number' && this.#filled.length === 0 && !this.#failed) {
      words[CH.FLAGS] = 0;
      numbers[CH.RESULT] = value;
      return;
    }
    words[CH.FLAGS] = CH.HAS_MESSAGE;
    const [reply, transfer] = this.#replyMessage(value);
    this.#way.port.postMessage(reply, transfer);
  }

  #replyMessage(value: unknown): [ReplyMessage, readonly object[]] {
    const filled = this.#filled;
    if (this.#failed) {
      return [{ value: 0, filled, error: errorMessage(this.#error as Error) }, []];
    }
    const made = value as Partial<NewThread & SignalMaskToken> | null;
    if (typeof made === 'object' && made?.ticket !== undefined) {
      return [{ value: { ticket: made.ticket }, filled }, made.transfer!];
    }
    if (typeof made === 'object' && made?.signals !== undefined) {
      const token = this.#tokens.size + 1;
      this.#tokens.set(token, value as SignalMaskToken);
      return [{ value: made.signals, token, filled }, []];
    }
    return [{ value, filled }, []];
  }
}

function errorMessage(error: Error): ErrorMessage {
  const { name, message } = error;
  if (error instanceof SimFatalSignalError) return { name, message, signo: error.signo };
  if (!(error instanceof HostError)) return { name, message };
  return { name, message, errno: error.errno, syscall: error.syscall };
}
