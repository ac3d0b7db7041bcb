/** The way of a thread's calls to the kernel: it puts them where the kernel finds them, and waits. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { isFutex, isRecord, takeAction } from '../../arguments.ts';
import { type ArgKind, HOST_CALLS, type HostCallName } from '../../calls.ts';
import { HostError } from '../../errno.ts';
import type { HostBuffer, SigAction, SignalMaskToken } from '../../host.ts';
import { HostGone } from '../../host-gone.ts';
import { SimBuffer } from '../memory.ts';
import { Random } from '../random.ts';
import { SimFatalSignalError } from '../signals.ts';
import * as CH from './channel.ts';
import {
  CALL_NAMES,
  type CallMessage,
  type CallName,
  type ErrorMessage,
  PASS,
  type ReplyMessage,
  type SimTicket,
} from './messages.ts';

const NUMBER_OF = new Map(CALL_NAMES.map((name, number) => [name, number]));

/** Thrown by every call of a thread whose simulated kernel is gone, to end its program. */
export class SimThreadEnded extends HostGone {
  override readonly name = 'SimThreadEnded';
  constructor(name: string) {
    super(`the simulated kernel of thread '${name}' is disposed of`);
  }
}

/** A token of this thread's blockSignals; the kernel has the other half. */
class RemoteToken implements SignalMaskToken {
  readonly signals: readonly number[];
  readonly id: number;
  constructor(signals: readonly number[], id: number) {
    this.signals = signals;
    this.id = id;
  }
}

/** A CallMessage that is being made. */
interface Draft {
  readonly args: unknown[];
  readonly buffers: unknown[];
  readonly words: unknown[];
}

export class KernelLine {
  /** Whether calls take no time, and no other thread runs before they return. */
  isStill = false;
  readonly #ticket: SimTicket;
  readonly #channel: CH.Channel;
  readonly #random = new Random(0);
  /** The numbers of the memory that the kernel knows. */
  readonly #buffers = new WeakMap<object, number>();
  readonly #words = new WeakMap<Int32Array, number>();
  #memories = 0;

  /** Returns when the thread gets the processor for the first time. */
  constructor(ticket: SimTicket) {
    this.#ticket = ticket;
    this.#channel = new CH.Channel(ticket.memory);
    this.#channel.await(CH.WAITS);
    this.#checkAlive();
  }

  get nowNs(): number {
    return this.#channel.numbers[CH.NOW]!;
  }

  /** How many other threads could run. */
  get others(): number {
    return this.#channel.words[CH.OTHERS]!;
  }

  get isDead(): boolean {
    return this.#channel.state === CH.DEAD;
  }

  /**
   * Makes a call in the kernel. Returns its result, when the thread has the processor again.
   */
  send(name: CallName, args: readonly unknown[]): unknown {
    const channel = this.#channel;
    const { words } = channel;
    this.#checkAlive();
    const message = this.#put(name, args);
    words[CH.CALL] = NUMBER_OF.get(name)!;
    words[CH.FLAGS] = (message === null ? 0 : CH.HAS_MESSAGE) | (this.isStill ? CH.IS_STILL : 0);
    if (message !== null) this.#ticket.port.postMessage(message);
    channel.pass(CH.CALLS);
    channel.await(CH.CALLS);
    if (name === 'dispose') return undefined;
    this.#checkAlive();
    return (words[CH.FLAGS]! & CH.HAS_MESSAGE) === 0
      ? channel.numbers[CH.RESULT]!
      : this.#takeReply(name, args);
  }

  #checkAlive(): void {
    if (this.isDead) throw new SimThreadEnded(this.#ticket.name);
  }

  /**
   * Lets a nanosecond pass, and another thread run if the seed says so. Returns false if something
   * happens then, so that the kernel must do it.
   */
  tick(): boolean {
    if (this.isStill) return true;
    const { words, numbers } = this.#channel;
    const nowNs = numbers[CH.NOW]! + 1;
    if (nowNs >= numbers[CH.DUE]!) return false;
    numbers[CH.NOW] = nowNs;
    if (words[CH.OTHERS] === 0) return true;
    const random = this.#random;
    random.state = words[CH.RANDOM]! >>> 0;
    const changes = random.next() < numbers[CH.CHANCE]!;
    words[CH.RANDOM] = random.state;
    if (changes) this.send(PASS, []);
    return true;
  }

  /** Puts the arguments where the kernel finds them. Returns a message for those that need one. */
  #put(name: CallName, args: readonly unknown[]): CallMessage | null {
    if (!(name in HOST_CALLS)) return name === PASS ? null : { args, buffers: [], words: [] };
    const { args: known, fills = [] } = HOST_CALLS[name as HostCallName];
    const { numbers, tags } = this.#channel;
    let message: Draft | null = null;
    const inMessage = (): Draft => {
      message ??= { args: [], buffers: [], words: [] };
      return message;
    };
    for (let i = 0; i < known.length; i++) {
      const [argument, kind] = known[i]!;
      const arg = args[i];
      if (typeof arg === 'number') {
        tags[i] = CH.TAG_NUMBER;
        numbers[i] = arg;
      } else if (kind === 'buffer' && SimBuffer.has(arg as HostBuffer, 0, 0)) {
        tags[i] = CH.TAG_BUFFER;
        numbers[i] = this.#numberOf(arg as HostBuffer, inMessage);
      } else if (kind === 'buffers' && Array.isArray(arg)) {
        tags[i] = CH.TAG_BUFFERS;
        const ids = arg.map((one) =>
          SimBuffer.has(one, 0, 0) ? this.#numberOf(one, inMessage) : 0,
        );
        inMessage().args.push(ids);
      } else if (kind === 'words' && isFutex(arg as Int32Array, 0)) {
        tags[i] = CH.TAG_WORDS;
        let id = this.#words.get(arg as Int32Array);
        if (id === undefined) {
          id = ++this.#memories;
          this.#words.set(arg as Int32Array, id);
          inMessage().words.push([id, arg]);
        }
        numbers[i] = id;
      } else if (kind === 'token' && arg instanceof RemoteToken) {
        tags[i] = CH.TAG_TOKEN;
        numbers[i] = arg.id;
      } else if (kind !== 'buffer' && fills.includes(argument) && isRecord(arg)) {
        tags[i] = CH.TAG_FILLED;
      } else {
        tags[i] = CH.TAG_MESSAGE;
        inMessage().args.push(sendable(kind, arg));
      }
    }
    return message as CallMessage | null;
  }

  /** The number of a buffer, which the message makes known. */
  #numberOf(buffer: HostBuffer, inMessage: () => Draft): number {
    let id = this.#buffers.get(buffer);
    if (id === undefined) {
      id = ++this.#memories;
      this.#buffers.set(buffer, id);
      inMessage().buffers.push([id, buffer.u8.buffer, buffer.size]);
    }
    return id;
  }

  #takeReply(name: CallName, args: readonly unknown[]): unknown {
    const port = this.#ticket.port as unknown as MessagePort;
    const got = receiveMessageOnPort(port) as { message: ReplyMessage };
    const { value, filled, token, error } = got.message;
    if (error !== undefined) throw errorOf(error);
    let next = 0;
    const { args: known, fills = [] } = HOST_CALLS[name as HostCallName] ?? { args: [] };
    known.forEach(([argument, kind], i) => {
      if (kind === 'buffer' || !fills.includes(argument) || !isRecord(args[i])) return;
      Object.assign(args[i] as object, filled[next++]);
    });
    if (token !== undefined) return new RemoteToken(value as number[], token);
    return name === 'newThread' ? newThread(value) : value;
  }
}

/** A thread that the kernel has made: its port came over, and goes on to the Worker. */
function newThread(value: unknown): unknown {
  if (typeof value === 'number') return value;
  const { ticket } = value as { ticket: SimTicket };
  return { ticket, transfer: [ticket.port] };
}

/** An argument as a message can carry it. One of a wrong type stays one. */
function sendable(kind: ArgKind, arg: unknown): unknown {
  if (kind === 'numbers' && Array.isArray(arg)) return arg.map(plain);
  if (kind === 'action' && isRecord(arg)) return takeAction(arg as SigAction) ?? {};
  return kind === 'request' ? arg : plain(arg);
}

function plain(arg: unknown): unknown {
  if (typeof arg === 'function' || typeof arg === 'symbol') return undefined;
  return isRecord(arg) ? {} : arg;
}

function errorOf({ name, message, signo, errno, syscall }: ErrorMessage): Error {
  if (signo !== undefined) return new SimFatalSignalError(signo);
  if (errno !== undefined) return new HostError(errno, syscall ?? '');
  const made = name === 'TypeError' ? TypeError : name === 'RangeError' ? RangeError : Error;
  return new made(message);
}
