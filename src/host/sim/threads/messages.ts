/** The messages beside a Channel. */
import { HOST_CALL_NAMES, type HostCallName } from '../../calls.ts';
import type { SigAction, ThreadTicket, WaitResult } from '../../host.ts';
import type { ThreadPort } from './ports.ts';

/** Calls of SimHost that are not a Host's, and that other threads may make too. */
const SIM_CALLS = [
  'advance',
  'random',
  'program',
  'deathNs',
  'nextEventNs',
  'openRing',
  'submitRing',
] as const;
export type SimCallName = (typeof SIM_CALLS)[number];

/** Gives the processor to another thread. */
export const PASS = 'pass';

export type CallName = HostCallName | SimCallName | typeof PASS;

/** Every call of a thread: its place here is its number. */
export const CALL_NAMES: readonly CallName[] = [...HOST_CALL_NAMES, ...SIM_CALLS, PASS];

/** Arguments that are not numbers, in order, and memory that the kernel does not know yet. */
export interface CallMessage {
  readonly args: readonly unknown[];
  readonly buffers: readonly (readonly [id: number, memory: SharedArrayBuffer, bytes: number])[];
  readonly words: readonly (readonly [id: number, words: Int32Array])[];
}

/** An object that a call has filled. */
export type Filled = number[] | SigAction | WaitResult;

/** A result that is not a number, or comes with filled objects, or an error. */
export interface ReplyMessage {
  readonly value: unknown;
  /** The number of a token that the value is. */
  readonly token?: number;
  readonly filled: readonly Filled[];
  readonly error?: ErrorMessage;
}

export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  /** If it is a SimFatalSignalError. */
  readonly signo?: number;
  /** If it is a HostError. */
  readonly errno?: number;
  readonly syscall?: string;
}

/** The ticket of a simulated thread. */
export interface SimTicket extends ThreadTicket {
  readonly kind: 'sim';
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly port: ThreadPort;
  /** CLOCK_REALTIME less CLOCK_MONOTONIC, ns. */
  readonly realtimeOffsetNs: number;
}
