import { EdgeNotifiers } from '../aio/fdmon/edges.ts';
import { AioHandler, type HandlerOwner } from '../aio/handler.ts';
import type { Disposable } from '../host/host.ts';
import type { NodeCall } from '../host/node-wait.ts';
import type { MainPoll } from './main-poll.ts';

/**
 * Ends the sleep of a main loop in a worker if Node wants to end that thread: its JavaScript stops as
 * soon as the poll has returned. Other news of Node's wake the loop for nothing, and wait.
 */
export class WorkerEnd implements HandlerOwner, Disposable {
  /** Unused, since its descriptor is watched by its level. */
  readonly edges = new EdgeNotifiers();
  readonly sleeper = { isQuiet: true };
  readonly #call: NodeCall;
  readonly #poll: MainPoll;
  readonly #record: AioHandler;

  constructor(call: NodeCall, poll: MainPoll) {
    this.#call = call;
    this.#poll = poll;
    const handlers = { ioRead: () => {}, name: 'node' };
    this.#record = new AioHandler(this, call.fd, handlers, 0, false);
    poll.addPoll(this.#record);
  }

  dispose(): void {
    this.#poll.removePoll(this.#record);
    this.#call.dispose();
  }

  // HandlerOwner

  setRevents(): void {
    this.#call.clear();
  }

  removeHandler(): void {
    this.dispose();
  }
}
