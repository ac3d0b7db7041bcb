import { EV, type EventId } from './catalogue.ts';
import type { ArrowIds } from './chrome-arrows.ts';
import type { ChromeSlices } from './chrome-slices.ts';
import type { ChromeWriter } from './chrome-writer.ts';
import { jsonArgs } from './json-backend.ts';
import type { TraceValue } from './tracer.ts';

/** A request between its submit and its completion. */
interface Request {
  readonly arrow: number;
  readonly slices: ChromeSlices;
  readonly sinceNs: number;
}

/** A slice of a worker. */
interface Work {
  readonly fromNs: number;
  readonly toNs: number;
  readonly name: string;
  readonly args: string;
  /** The arrow that leads to it. */
  readonly arrow: number;
  /** When that goes on to the completion. */
  readonly arrowEndNs: number;
}

/** More slices of a worker are not kept until all requests are complete. */
const MOST_KEPT = 10_000;
const ARROW = 'thread_pool_submit';
/** Below the threads, and above the children. */
const ORDER = 0;

/**
 * The tracks of the workers of thread pools, and arrows from a submit through the work to its
 * completion. Their times are known at the completion, which comes in another order: so the slices
 * are kept until no request is under way.
 */
export class PoolTracks {
  readonly #writer: ChromeWriter;
  readonly #ids: ArrowIds;
  readonly #requests = new Map<string, Request>();
  readonly #kept = new Map<number, Work[]>();
  /** By worker: the end of its last slice that is drawn. */
  readonly #drawnNs = new Map<number, number>();

  constructor(writer: ChromeWriter, ids: ArrowIds) {
    this.#writer = writer;
    this.#ids = ids;
  }

  /** @param slices of the thread whose event it is */
  event(slices: ChromeSlices, id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    const key = `${args[0]} ${args[1]}`;
    if (id === EV.thread_pool_submit) {
      const arrow = this.#ids.next();
      this.#requests.set(key, { arrow, slices, sinceNs: timeNs });
      slices.flow('s', timeNs, arrow, ARROW);
    } else if (id === EV.thread_pool_work) this.#work(slices, timeNs, args, key);
    else if (id === EV.thread_pool_complete) {
      // Cancelled, or its work is not traced.
      this.#end(slices, timeNs, key);
      if (this.#requests.size === 0) this.#draw();
    }
  }

  close(timeNs: number): void {
    for (const { arrow, slices } of this.#requests.values()) {
      slices.flow('f', timeNs, arrow, ARROW);
    }
    this.#requests.clear();
    this.#draw();
  }

  #work(slices: ChromeSlices, timeNs: number, args: readonly TraceValue[], key: string): void {
    const worker = Number(args[3]);
    const request = this.#requests.get(key);
    const fromNs = Math.max(Number(args[4]), (request?.sinceNs ?? 0) + 1);
    const toNs = Math.max(Number(args[5]), fromNs + 1);
    const arrowEndNs = slices.notBefore(Math.max(timeNs, fromNs + 1));
    this.#end(slices, arrowEndNs, key);
    const work = {
      fromNs,
      toNs,
      name: String(args[2]),
      args: jsonArgs(EV.thread_pool_work, args),
      arrow: request?.arrow ?? 0,
      arrowEndNs,
    };
    const kept = this.#kept.get(worker);
    if (kept === undefined) this.#kept.set(worker, [work]);
    else if (kept.push(work) >= MOST_KEPT) this.#draw();
  }

  #end(slices: ChromeSlices, timeNs: number, key: string): void {
    const request = this.#requests.get(key);
    if (request === undefined) return;
    this.#requests.delete(key);
    slices.flow('f', timeNs, request.arrow, ARROW);
  }

  #draw(): void {
    for (const [worker, works] of this.#kept) {
      for (const work of works.sort((a, b) => a.fromNs - b.fromNs)) this.#slice(worker, work);
    }
    this.#kept.clear();
  }

  #slice(worker: number, { fromNs, toNs, name, args, arrow, arrowEndNs }: Work): void {
    const writer = this.#writer;
    let drawnNs = this.#drawnNs.get(worker);
    if (drawnNs === undefined) {
      writer.track(worker, `worker ${this.#drawnNs.size + 1}`, ORDER);
      drawnNs = 0;
    }
    const beginNs = Math.max(fromNs, drawnNs);
    const endNs = Math.max(toNs, beginNs + 1);
    writer.begin(worker, beginNs, 'work', name, args);
    if (arrow !== 0 && beginNs < arrowEndNs) writer.flow('t', worker, beginNs, arrow, ARROW);
    writer.end(worker, endNs, name);
    this.#drawnNs.set(worker, endNs);
  }
}
