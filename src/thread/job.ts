/** The messages between a Worker of ours and the thread that started it. */

import type { MessagePort } from 'node:worker_threads';
import type { BottomHalfHandle } from '../aio/handles.ts';
import type { ThreadTicket } from '../host/host.ts';
import type { ErrorRecord } from './thread-error.ts';

/** The kinds of threads: each has a function in thread-entry.ts that runs it. */
export type JobKind = 'iothread' | 'plain' | 'pool' | 'vcpu';

/** A thread to run, as its Worker gets it. */
export interface Job {
  readonly kind: JobKind;
  readonly name: string;
  readonly ticket: ThreadTicket;
  /** Those of ThreadWords. */
  readonly words: Int32Array;
  /** Its Replies go here. */
  readonly port: MessagePort;
  /** Scheduled when an error ends it; null if the thread that started it runs no loop. */
  readonly failedBh: BottomHalfHandle | null;
  /** Known to the function of the kind. */
  readonly options: unknown;
  /** Whether the Worker stays for another job. */
  readonly keeps: boolean;
}

/** A message from the thread. */
export type Reply =
  /** It runs; `value` is known to the function of its kind. */
  | { readonly is: 'running'; readonly value: unknown }
  /** It ends by an error. */
  | { readonly is: 'failed'; readonly error: ErrorRecord }
  /** The part of its context that stays; `value` is known to the function of its kind. */
  | { readonly is: 'left'; readonly value: unknown }
  /** It has ended, with this error of its context's finalization. */
  | { readonly is: 'leaked'; readonly error: ErrorRecord };
