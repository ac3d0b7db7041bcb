import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import type { ByteWriter, TraceBackend, TraceOrigin } from '../../trace/backend.ts';
import { ChromeBackend } from '../../trace/chrome-backend.ts';
import { traceEventsFile } from '../../trace/events-file.ts';
import { JsonBackend } from '../../trace/json-backend.ts';
import { LogBackend } from '../../trace/log-backend.ts';
import { TraceRing } from '../../trace/ring.ts';
import { SimpleBackend } from '../../trace/simple-backend.ts';
import type { Tracer, TraceSink } from '../../trace/tracer.ts';
import { CliError, EXIT_INTERNAL } from '../exit/errors.ts';
import type { TraceFileOption, TraceFormat, TraceOptions } from '../options/trace-options.ts';

/** A trace is handed to the kernel at least so often, if the loop goes to sleep then. */
const FLUSH_NS = 50e6;

const BACKENDS: Readonly<
  Record<TraceFormat, new (write: ByteWriter, origin: TraceOrigin) => TraceBackend>
> = { log: LogBackend, json: JsonBackend, simple: SimpleBackend, chrome: ChromeBackend };

/** A file that a trace goes to. When a write fails the rest is dropped: a trace stops no run. */
class TraceTarget {
  readonly path: string;
  readonly backend: TraceBackend;
  problem: string | null = null;
  readonly #fd: number;

  constructor({ path, format }: TraceFileOption, origin: TraceOrigin) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'w');
      if (format === 'simple') writeFileSync(`${path}.trace-events`, traceEventsFile());
    } catch (error) {
      throw new CliError(`cannot write the trace: ${(error as Error).message}`, EXIT_INTERNAL);
    }
    this.backend = new BACKENDS[format]((bytes) => this.#write(bytes), origin);
  }

  close(): void {
    this.backend.close();
    closeSync(this.#fd);
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let at = 0; this.problem === null && at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at);
      }
    } catch (error) {
      this.problem = `the trace ${this.path} ends here: ${(error as Error).message}`;
    }
  }
}

/** The traces of a run. They are whole once close was called, which the end of the process does too. */
export class TraceOutput {
  readonly #targets: readonly TraceTarget[];
  readonly #ring: TraceRing | null;
  readonly #attached: { dispose(): void }[] = [];
  #flushedNs = 0;
  #closed = false;

  /** @throws CliError where a file cannot be opened */
  constructor(tracer: Tracer, options: TraceOptions, origin: TraceOrigin) {
    this.#targets = options.files.map((file) => new TraceTarget(file, origin));
    this.#ring = options.ring === undefined ? null : new TraceRing(options.ring);
    if (this.#ring !== null) {
      this.#attached.push(tracer.attach(options.events, this.#ring.sink));
    } else {
      for (const { backend } of this.#targets) {
        this.#attached.push(tracer.attach(options.events, backend.sink));
      }
      this.#attached.push(tracer.attach(['poll_enter'], this.#beforeSleep));
    }
    // The last resort: for an error that nobody catches.
    process.once('exit', this.close);
  }

  /** Ends the files. May be called again. Returns what went wrong, a line each. */
  readonly close = (): string[] => {
    if (this.#closed) return [];
    this.#closed = true;
    process.removeListener('exit', this.close);
    for (const attached of this.#attached) attached.dispose();
    for (const target of this.#targets) {
      this.#replay(target.backend);
      target.close();
    }
    return this.#targets.flatMap(({ problem }) => (problem === null ? [] : [problem]));
  };

  #replay(backend: TraceBackend): void {
    const ring = this.#ring;
    if (ring === null) return;
    if (ring.dropped > 0) backend.dropped(ring.dropped, ring.firstNs);
    ring.replay(backend.sink);
  }

  readonly #beforeSleep: TraceSink = (_id, timeNs, _call, _nfds, timeoutNs) => {
    if (timeoutNs === 0 || timeNs - this.#flushedNs < FLUSH_NS) return;
    this.#flushedNs = timeNs;
    for (const { backend } of this.#targets) backend.flush();
  };
}

/** Whose trace a run of this process is. */
export function traceOrigin(host: Host): TraceOrigin {
  const epochNs = host.clockNs(CLOCK_REALTIME) - host.clockNs(CLOCK_MONOTONIC);
  return { pid: host.getpid(), tid: host.gettid(), epochUs: Math.round(epochNs / 1000) };
}

/**
 * CLOCK_MONOTONIC in ns without a system call through koffi, which would take
 * longer than all the rest of an event.
 */
export function traceClock(host: Host): () => number {
  let baseNs = 0;
  return () => {
    if (baseNs === 0) baseNs = base(host);
    return Math.round(baseNs + performance.now() * 1e6);
  };
}

/**
 * What CLOCK_MONOTONIC read when performance.now was 0. At its first use Node loads
 * a module, for ms, so a run without events is spared it, and one with events must
 * not have that between the two readings.
 */
function base(host: Host): number {
  let best = 0;
  let narrowestMs = Number.POSITIVE_INFINITY;
  // What is called first is slow: of three, the pair of readings that is closest counts.
  for (let i = 0; i < 3; i++) {
    const beforeMs = performance.now();
    const nowNs = host.clockNs(CLOCK_MONOTONIC);
    const afterMs = performance.now();
    if (afterMs - beforeMs >= narrowestMs) continue;
    narrowestMs = afterMs - beforeMs;
    best = nowNs - ((beforeMs + afterMs) / 2) * 1e6;
  }
  return best;
}
