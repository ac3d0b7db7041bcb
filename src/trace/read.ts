/** Reads traces that JsonBackend and SimpleBackend have written. */

import { shown } from '../host/arguments.ts';
import { CATALOGUE, type EventDef, type EventName, isText } from './catalogue.ts';
import {
  DROPPED_ID,
  HEADER_BYTES,
  HEADER_ID,
  HEADER_MAGIC,
  RECORD_HEAD,
  TYPE_EVENT,
  TYPE_MAPPING,
  VERSION,
  type Word64,
} from './simple-format.ts';

/** A traced event. */
export interface TraceRecord {
  readonly name: EventName;
  readonly timeNs: number;
  readonly args: Readonly<Record<string, number | string>>;
  /** The thread's id, if the trace has it; a json trace leaves out the main thread's. */
  readonly tid?: number;
  /** The thread's name, if the trace has it: it has those of other threads than main. */
  readonly thread?: string;
}

export interface TraceFile {
  readonly format: 'json' | 'simple';
  readonly events: readonly TraceRecord[];
  /** Events that the trace reports as lost. */
  readonly dropped: number;
  /** Whether the file ends in the middle of a record. */
  readonly truncated: boolean;
}

/** The bytes cannot be read as a trace. The message is one line. */
export class TraceReadError extends Error {
  override readonly name = 'TraceReadError';
}

/** @throws TraceReadError if the bytes are not a trace, or a trace in another format */
export function readTrace(bytes: Uint8Array): TraceFile {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`readTrace: ${shown(bytes)}: expected a Uint8Array`);
  }
  if (bytes.length >= 8 && bytes.subarray(0, 8).every((byte) => byte === 0xff)) {
    return new SimpleReader(bytes).read();
  }
  const first = bytes[0];
  if (first === 0x7b) return readJson(new TextDecoder().decode(bytes));
  if (first === 0x5b) {
    throw new TraceReadError('cannot read a chrome trace: write the trace as json or simple');
  }
  throw new TraceReadError('not a trace: expected one written as json or simple');
}

function definition(name: string): EventDef | undefined {
  return Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name as EventName] : undefined;
}

function readJson(text: string): TraceFile {
  const lines = text.split('\n');
  const truncated = lines.pop() !== '';
  const events: TraceRecord[] = [];
  let dropped = 0;
  lines.forEach((line, i) => {
    const object = parseLine(line, i + 1);
    if (object.event === 'dropped') {
      dropped += numberIn(object, 'count', i + 1);
      return;
    }
    const def = definition(String(object.event));
    if (def === undefined) {
      throw new TraceReadError(`line ${i + 1}: unknown trace event ${quoted(object.event)}`);
    }
    const args: Record<string, number | string> = {};
    for (const [arg, type] of def.args) {
      args[arg] = isText(type) ? String(object[arg] ?? '') : numberIn(object, arg, i + 1);
    }
    const event = {
      name: object.event as EventName,
      timeNs: timeIn(object, i + 1),
      args,
    };
    if (object.tid === undefined) events.push(event);
    else {
      const thread = object.thread === undefined ? {} : { thread: String(object.thread) };
      events.push({ ...event, tid: numberIn(object, 'tid', i + 1), ...thread });
    }
  });
  return { format: 'json', events, dropped, truncated };
}

/** A number of an event; 0 if it has none, as in a trace that is older than that argument. */
function numberIn(object: Record<string, unknown>, key: string, line: number): number {
  const value = object[key] ?? 0;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TraceReadError(
    `line ${line}: ${key} is not a number: ${quoted(JSON.stringify(value))}`,
  );
}

/** Differences of times beyond the kernel's 64 bits would mean nothing. */
const MOST_NS = 2 ** 64;

function timeIn(object: Record<string, unknown>, line: number): number {
  const ns = numberIn(object, 'ns', line);
  if (Math.abs(ns) <= MOST_NS) return ns;
  throw new TraceReadError(`line ${line}: ns is not a time: ${ns}`);
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const object: unknown = JSON.parse(line);
    if (typeof object === 'object' && object !== null) return object as Record<string, unknown>;
  } catch {}
  throw new TraceReadError(`line ${number} is not a JSON object`);
}

const WORD = 2 ** 32;

class SimpleReader {
  readonly #view: DataView;
  readonly #decoder = new TextDecoder();
  readonly #names = new Map<number, string>();
  readonly #events: TraceRecord[] = [];
  readonly #threads = new Map<number, string>();
  #dropped = 0;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): TraceFile {
    if (!this.#header()) {
      throw new TraceReadError(`not a simpletrace of version ${VERSION}`);
    }
    let truncated = false;
    while (this.#at < this.#view.byteLength && !truncated) {
      try {
        this.#record();
      } catch (error) {
        // A DataView throws this for offsets beyond its end.
        if (!(error instanceof RangeError)) throw error;
        truncated = true;
      }
    }
    return { format: 'simple', events: this.#events, dropped: this.#dropped, truncated };
  }

  /** Whether the file begins with a whole header of this version. */
  #header(): boolean {
    if (this.#view.byteLength < HEADER_BYTES) return false;
    return this.#is(HEADER_ID) && this.#is(HEADER_MAGIC) && this.#u64() === VERSION;
  }

  #record(): void {
    const type = this.#u64();
    if (type === TYPE_MAPPING) {
      const id = this.#u64();
      this.#names.set(id, this.#text());
    } else if (type === TYPE_EVENT) this.#event();
    else throw new TraceReadError(`byte ${this.#at - 8}: unknown record type ${type}`);
  }

  #event(): void {
    const start = this.#at;
    const isDropped = this.#is(DROPPED_ID);
    const id = isDropped ? 0 : this.#u64();
    const timeNs = this.#u64();
    const length = this.#u32();
    const tid = this.#u32();
    if (isDropped) {
      this.#dropped += this.#u64();
      return;
    }
    const name = this.#names.get(id);
    const def = name === undefined ? undefined : definition(name);
    if (def === undefined) {
      throw new TraceReadError(
        `byte ${start}: unknown trace event ${name === undefined ? id : quoted(name)}`,
      );
    }
    const args: Record<string, number | string> = {};
    for (const [arg, type] of def.args) args[arg] = isText(type) ? this.#text() : this.#u64();
    if (this.#at !== start + length || length < RECORD_HEAD) {
      throw new TraceReadError(`byte ${start}: a record of ${name} has the wrong length ${length}`);
    }
    if (name === 'thread_name') {
      this.#threads.set(tid, String(args.name));
      return;
    }
    const thread = this.#threads.get(tid);
    const event = { name: name as EventName, timeNs, args, tid };
    this.#events.push(thread === undefined ? event : { ...event, thread });
  }

  /** Reads a word and returns true, or goes back and returns false if it differs. */
  #is([high, low]: Word64): boolean {
    const same =
      this.#view.getUint32(this.#at + 4, true) === high &&
      this.#view.getUint32(this.#at, true) === low;
    if (same) this.#at += 8;
    return same;
  }

  #u32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  /** As a signed number, since negative ones are written as two's complement. */
  #u64(): number {
    const value =
      this.#view.getInt32(this.#at + 4, true) * WORD + this.#view.getUint32(this.#at, true);
    this.#at += 8;
    return value;
  }

  #text(): string {
    const length = this.#u32();
    const { buffer, byteOffset, byteLength } = this.#view;
    if (this.#at + length > byteLength) throw new RangeError('the text is cut off');
    const text = this.#decoder.decode(new Uint8Array(buffer, byteOffset + this.#at, length));
    this.#at += length;
    return text;
  }
}

/**
 * A value from a file, for a one-line message: the beginning if it is long, control characters
 * escaped.
 */
function quoted(text: unknown): string {
  return JSON.stringify(String(text).slice(0, 60));
}
