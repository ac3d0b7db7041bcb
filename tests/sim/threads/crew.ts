/** Simulated threads for tests: Workers that run the parts of programs.ts, and are kept. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Transferable, Worker } from 'node:worker_threads';
import type { SimTicket } from '../../../src/host/sim/threads/messages.ts';
import type { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { bundle } from '../../support/bundle.ts';
import type { PartJob, Shared } from './shared.ts';

/** Workers that are kept from one kernel to the next. */
export class Crew {
  readonly #dir = mkdtempSync(join(tmpdir(), 'crew-'));
  readonly #workers: Worker[] = [];
  #program = '';
  #next = 0;
  #onMessage: (said: unknown) => void = () => {};
  /** Errors of parts, in order. */
  readonly errors: string[] = [];

  async load(): Promise<this> {
    const entry = join(import.meta.dirname, 'crew-worker.ts');
    this.#program = await bundle(entry, join(this.#dir, 'crew-worker.cjs'));
    return this;
  }

  /** Another run begins: all Workers are free again. */
  reset(): void {
    this.#next = 0;
  }

  /** Resolves with the next message of a part. */
  message(): Promise<unknown> {
    return new Promise((resolve) => {
      this.#onMessage = resolve;
    });
  }

  start(host: SimHost, part: string, shared: Shared, name = part): SimTicket {
    const { ticket, transfer } = host.newThread(name);
    const worker = this.#workers[this.#next] ?? this.#more();
    this.#next++;
    const { log, words, fds } = shared;
    const job: PartJob = { part, ticket: ticket as SimTicket, log: log.words, words, fds };
    worker.postMessage(job, transfer as Transferable[]);
    return ticket as SimTicket;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
    rmSync(this.#dir, { recursive: true });
  }

  #more(): Worker {
    const worker = new Worker(this.#program);
    worker.on('message', ({ error, said }: { error?: string; said?: unknown }) => {
      if (error === undefined) this.#onMessage(said);
      else this.errors.push(error);
    });
    worker.on('error', (error) => this.errors.push(String(error.stack)));
    this.#workers.push(worker);
    return worker;
  }
}
