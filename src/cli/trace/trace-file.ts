/** Writes a trace to a file, synchronously. */

import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import type { ByteWriter, ThreadSinks, TraceBackend, TraceOrigin } from '../../trace/backend.ts';
import { ChromeBackend } from '../../trace/chrome-backend.ts';
import { traceEventsFile } from '../../trace/events-file.ts';
import { JsonBackend } from '../../trace/json-backend.ts';
import { LogBackend } from '../../trace/log-backend.ts';
import { SimpleBackend } from '../../trace/simple-backend.ts';
import type { TraceThread } from '../../trace/thread.ts';
import type { TraceSink } from '../../trace/tracer.ts';
import { CliError, EXIT_INTERNAL, whyOf } from '../exit/errors.ts';
import type { TraceFileOption, TraceFormat } from '../options/trace-options.ts';

const BACKENDS: Readonly<
  Record<TraceFormat, new (write: ByteWriter, origin: TraceOrigin) => TraceBackend>
> = { log: LogBackend, json: JsonBackend, simple: SimpleBackend, chrome: ChromeBackend };

/** One of the traces of a run. */
export interface TraceTarget extends ThreadSinks {
  /** Hands on what is held back, as far as it goes. */
  flush(): void;
  /** Ends the trace. Returns problems, one per line. */
  close(): string[];
}

export function newBackend(
  { format }: TraceFileOption,
  write: ByteWriter,
  origin: TraceOrigin,
): TraceBackend {
  return new BACKENDS[format](write, origin);
}

/** Writes the event list that simpletrace.py needs beside a trace. @throws CliError */
export function writeEventsList({ path, format }: TraceFileOption): void {
  if (format === 'simple')
    opening(path, () => writeFileSync(`${path}.trace-events`, traceEventsFile()));
}

function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new CliError(`cannot write the trace ${path}: ${whyOf(error)}`, EXIT_INTERNAL);
  }
}

/** A trace in a file. If a write fails the rest is dropped: a trace does not stop the run. */
export class TraceFile implements TraceTarget {
  readonly #path: string;
  readonly #backend: TraceBackend;
  readonly #fd: number;
  #problem: string | null = null;

  constructor(file: TraceFileOption, origin: TraceOrigin) {
    this.#path = file.path;
    this.#fd = opening(file.path, () => openSync(file.path, 'w'));
    writeEventsList(file);
    this.#backend = newBackend(file, (bytes) => this.#write(bytes), origin);
  }

  sinkOf(thread: TraceThread): TraceSink {
    return this.#backend.sinkOf(thread);
  }

  dropped(events: number, timeNs: number, thread?: TraceThread): void {
    this.#backend.dropped(events, timeNs, thread);
  }

  flush(): void {
    this.#backend.flush();
  }

  close(): string[] {
    this.#backend.close();
    this.#try(() => closeSync(this.#fd));
    return this.#problem === null ? [] : [this.#problem];
  }

  #write(bytes: Uint8Array): void {
    this.#try(() => {
      for (let at = 0; this.#problem === null && at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at);
      }
    });
  }

  #try(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#problem ??= `the trace ${this.#path} ends here: ${whyOf(error)}`;
    }
  }
}
