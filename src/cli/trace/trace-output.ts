import { QEMU_CLOCK_REALTIME } from '../../aio/clock.ts';
import type { QemuTimer } from '../../aio/timer.ts';
import type { Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ThreadTraces } from '../../scenario/run/threads/thread-traces.ts';
import type { TraceOrigin } from '../../trace/backend.ts';
import { replayRings, TraceRing } from '../../trace/ring.ts';
import type { Tracer, TraceSink } from '../../trace/tracer.ts';
import type { TraceFileOption, TraceOptions } from '../options/trace-options.ts';
import { ReaderWait, withReaders } from '../output/named-output.ts';
import { mayWait } from '../output/pipe-output.ts';
import { TraceFile, type TraceTarget } from './trace-file.ts';
import { TracePipe } from './trace-pipe.ts';

/** A trace is passed to the kernel at least this often, if the loop then goes to sleep. */
const FLUSH_NS = 50e6;
/** At the end, how often to check whether somebody has opened a pipe. */
const LOOK_NS = 20e6;
/** Events kept by a ring are written in steps of this many bytes. */
const STEP = 1024 * 1024;

/**
 * The traces of a run. They are complete once close was called, which also happens at the process's
 * exit.
 */
export class TraceOutput {
  readonly #targets: TraceTarget[] = [];
  /** The traces that may have to wait for a reader. */
  readonly #pipes: TracePipe[] = [];
  /** The events that were kept until now, by thread; null if each was written at once. */
  readonly #rings: (() => readonly TraceRing[]) | null;
  readonly #attached: { dispose(): void }[] = [];
  #flushedNs = 0;
  #ended = false;
  #closed = false;
  #givenUp = false;

  /**
   * @param loopHost the host of the loop that writes pending data; null: each write waits
   * @param threads keeps the events of all threads; null if there is one
   * @throws CliError if a file cannot be opened
   */
  constructor(
    tracer: Tracer,
    options: TraceOptions,
    origin: TraceOrigin,
    loopHost: Host | null,
    threads: ThreadTraces | null = null,
  ) {
    for (const file of options.files) this.#targets.push(this.#open(file, origin, loopHost));
    if (threads !== null) {
      threads.keep(options.events);
      this.#rings = () => threads.rings(options.events, options.ring);
    } else if (options.ring !== undefined) {
      const ring = new TraceRing(options.ring, tracer.thread);
      this.#attached.push(tracer.attach(options.events, ring.sink));
      this.#rings = () => [ring];
    } else {
      this.#rings = null;
      for (const target of this.#targets) {
        this.#attached.push(tracer.attach(options.events, target.sinkOf(tracer.thread)));
      }
      this.#attached.push(tracer.attach(['poll_enter'], this.#beforeSleep));
    }
    // The last resort, for an error that nobody catches.
    process.once('exit', this.close);
  }

  /** Makes this loop write pending data from now on; null for no loop. */
  useLoop(loop: MainLoop | null): void {
    for (const pipe of this.#pipes) pipe.useLoop(loop);
  }

  /**
   * Ends the traces while the loop goes on: waits for their readers for graceNs, or until giveUp is
   * called. Returns problems, one per line.
   */
  finish(loop: MainLoop, graceNs: number): string[] {
    this.#detach();
    if (this.#pipes.length === 0) return this.close();
    const every = (name: string, ns: number, fire: () => void): QemuTimer => {
      const timer = loop.timers.newTimer(QEMU_CLOCK_REALTIME, name, () => {
        fire();
        timer.modFromNowNs(ns);
      });
      timer.modFromNowNs(ns);
      return timer;
    };
    const patience = this.#readerWait(loop.host, graceNs);
    const timer = every('trace-look', LOOK_NS, () => {
      this.#look();
      if (!patience.goesOn) this.giveUp();
    });
    const wait = (most: number): void => {
      while (!this.#givenUp && this.#waits(most)) loop.mainLoopWait(false);
    };
    this.#end(() => wait(STEP));
    wait(0);
    timer.del();
    return this.close();
  }

  /** The same without a loop. */
  finishAlone(host: Host, graceNs: number): string[] {
    if (this.#pipes.length === 0) return this.close();
    const patience = this.#readerWait(host, graceNs);
    const wait = (most: number): void => {
      while (this.#waits(most) && patience.goesOn) {
        this.#pipes.find((pipe) => pipe.waiting > most)!.awaitRoom(LOOK_NS);
        this.#look();
      }
    };
    this.#end(() => wait(STEP));
    wait(0);
    return this.close();
  }

  #readerWait(host: Host, graceNs: number): ReaderWait {
    const pipes = this.#pipes;
    const file = {
      what: 'the trace',
      /** The one that waits by the time this is said. */
      get path(): string {
        return (pipes.find(({ waiting }) => waiting > 0) ?? pipes[0]!).path;
      },
    };
    return new ReaderWait(host, file, graceNs);
  }

  /** Stops waiting for readers. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Ends the files without waiting. May be called again. Returns problems, one per line. */
  readonly close = (): string[] => {
    if (this.#closed) return [];
    this.#closed = true;
    process.removeListener('exit', this.close);
    this.#end(() => {});
    return this.#targets.flatMap((target) => target.close());
  };

  #open(file: TraceFileOption, origin: TraceOrigin, loopHost: Host | null): TraceTarget {
    if (loopHost === null || !mayWait(loopHost, file.path)) return new TraceFile(file, origin);
    const pipe = new TracePipe(loopHost, file, origin);
    this.#pipes.push(pipe);
    return pipe;
  }

  /** @param wait called now and then while much is written */
  #end(wait: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#detach();
    const rings = this.#rings?.() ?? [];
    for (const target of this.#targets) this.#replay(rings, target, wait);
    for (const pipe of this.#pipes) pipe.end();
  }

  #detach(): void {
    for (const attached of this.#attached.splice(0)) attached.dispose();
  }

  #replay(rings: readonly TraceRing[], target: TraceTarget, wait: () => void): void {
    replayRings(rings, {
      sinkOf: (thread) => {
        const sink = target.sinkOf(thread);
        return (id, timeNs, ...args) => {
          wait();
          sink(id, timeNs, ...args);
        };
      },
      dropped: (count, timeNs, thread) => target.dropped(count, timeNs, thread),
    });
  }

  #waits(most: number): boolean {
    return this.#pipes.some((pipe) => pipe.waiting > most);
  }

  #look(): void {
    for (const pipe of this.#pipes) pipe.flush();
  }

  readonly #beforeSleep: TraceSink = (_id, timeNs, _call, _nfds, timeoutNs) => {
    if (timeoutNs === 0 || timeNs - this.#flushedNs < FLUSH_NS) return;
    this.#flushedNs = timeNs;
    for (const target of this.#targets) target.flush();
  };
}

/**
 * Traces of a run, each write of which waits for its reader, as does the opening of a FIFO.
 * @param own the process's own host
 * @param threads keeps the events of all threads; null if there is one
 * @throws CliError if a file cannot be opened
 */
export function waitingTraces(
  own: Host | null,
  tracer: Tracer,
  options: TraceOptions,
  origin: TraceOrigin,
  threads: ThreadTraces | null,
): TraceOutput {
  const files = options.files.map(({ path }) => ({ what: 'the trace', path }));
  return withReaders(own, files, () => new TraceOutput(tracer, options, origin, null, threads));
}
