import { grouped } from '../../limits.ts';
import type { Place } from '../../problem.ts';
import { ScenarioEnded } from '../ended.ts';
import type { FailedCheck, LogEntry } from '../order-log.ts';

/** Bytes of the log. The kernel gives memory only for what is written. */
const BYTES = 64 * 2 ** 20;
/** The header of an entry: its bytes (0 until it is whole), thread, iteration, and text's bytes. */
const HEADER = 24;
const SIZE = 0;
const THREAD = 4;
const ITERATION = 8;
const TEXT = 12;
const TIME = 16;
/** Stands in the place of the iteration for a check that failed. */
const CHECK = -1;
/** The place of the end of the log, before its first entry. */
const END = 0;
const FIRST = 8;

/** The order log of a run with several threads, in memory that they share. */
export class SharedLog {
  readonly memory: SharedArrayBuffer;
  readonly #bytes: Buffer;
  readonly #words: Int32Array;
  readonly #view: DataView;
  /** How far drain has read. */
  #read = FIRST;

  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory;
    this.#bytes = Buffer.from(memory);
    this.#words = new Int32Array(memory);
    this.#view = new DataView(memory);
  }

  /** Adds an entry. The order of these calls, in all threads together, is that of the log. */
  push(thread: number, text: string, iteration: number, timeNs: number): void {
    const length = Buffer.byteLength(text);
    const size = HEADER + 8 * Math.ceil(length / 8);
    const at = FIRST + Atomics.add(this.#words, END, size);
    if (at + size > BYTES) {
      throw new ScenarioEnded(`the order log has more than ${grouped(BYTES)} bytes`);
    }
    this.#view.setInt32(at + THREAD, thread, true);
    this.#view.setInt32(at + ITERATION, iteration, true);
    this.#view.setInt32(at + TEXT, length, true);
    this.#view.setFloat64(at + TIME, timeNs, true);
    this.#bytes.write(text, at + HEADER);
    Atomics.store(this.#words, (at + SIZE) / 4, size);
  }

  /** Adds a check of the file that failed. */
  fail(thread: number, at: Place, message: string): void {
    this.push(thread, JSON.stringify({ at, message } satisfies FailedCheck), CHECK, 0);
  }

  /** The entries that are whole and were not read yet, in order. Only one thread reads. */
  drain(nameOf: (thread: number) => string, failed: FailedCheck[]): LogEntry[] {
    const entries: LogEntry[] = [];
    for (;;) {
      const at = this.#read;
      const size = at + HEADER > BYTES ? 0 : Atomics.load(this.#words, (at + SIZE) / 4);
      if (size === 0) return entries;
      this.#read += size;
      const thread = nameOf(this.#view.getInt32(at + THREAD, true));
      const length = this.#view.getInt32(at + TEXT, true);
      const text = this.#bytes.toString('utf8', at + HEADER, at + HEADER + length);
      const iteration = this.#view.getInt32(at + ITERATION, true);
      if (iteration === CHECK) {
        const { at: place, message } = JSON.parse(text) as FailedCheck;
        failed.push({ at: place, message: `${thread}: ${message}` });
        continue;
      }
      const timeNs = this.#view.getFloat64(at + TIME, true);
      entries.push({ text: `${thread}: ${text}`, timeNs, iteration, thread });
    }
  }
}
