import type { Disposable, Host } from '../host/host.ts';
import type { NodeCall } from '../host/node-wait.ts';
import { EdgeNotifiers } from './fdmon/edges.ts';
import { AioHandler, type HandlerOwner } from './handler.ts';

/** Waits for records that are none of a context's handlers. */
export interface OwnRecords {
  addOwn(record: AioHandler): void;
  removeOwn(record: AioHandler): void;
}

/**
 * Ends the sleep of a loop in a worker if Node wants to end that thread: its JavaScript stops as soon
 * as the wait has returned. Other news of Node's wake the loop for nothing, and wait.
 */
export class WorkerEnd implements HandlerOwner, Disposable {
  /** Unused, since its descriptor is watched by its level. */
  readonly edges = new EdgeNotifiers();
  readonly sleeper = { isQuiet: true };
  readonly #call: NodeCall;
  readonly #records: OwnRecords;
  readonly #record: AioHandler;

  /** From now on Node can end the sleep; null on the main thread, which Node ends in another way. */
  static watch(host: Host, records: OwnRecords): WorkerEnd | null {
    const call = host.openNodeCall();
    return call === null ? null : new WorkerEnd(call, records);
  }

  private constructor(call: NodeCall, records: OwnRecords) {
    this.#call = call;
    this.#records = records;
    const handlers = { ioRead: () => call.clear(), name: 'node' };
    // Like a context's own notifier it is no progress.
    this.#record = new AioHandler(this, call.fd, handlers, 0, true);
    records.addOwn(this.#record);
  }

  dispose(): void {
    this.#records.removeOwn(this.#record);
    this.#call.dispose();
  }

  // HandlerOwner

  /** A main loop has found it. */
  setRevents(): void {
    this.#call.clear();
  }

  removeHandler(): void {
    this.dispose();
  }
}
