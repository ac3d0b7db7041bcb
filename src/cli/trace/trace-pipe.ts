/** A trace to a pipe or a terminal, written by the loop when there is room. */

import { errnoMessage, errnoName, HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { TraceBackend, TraceOrigin } from '../../trace/backend.ts';
import type { TraceThread } from '../../trace/thread.ts';
import type { TraceSink } from '../../trace/tracer.ts';
import { CliError, describeHostError, EXIT_INTERNAL } from '../exit/errors.ts';
import type { TraceFileOption } from '../options/trace-options.ts';
import { PipeOutput } from '../output/pipe-output.ts';
import { count } from '../text/units.ts';
import { newBackend, type TraceTarget, writeEventsList } from './trace-file.ts';

/** The most data kept for a slow reader: events that come meanwhile are lost. */
const MOST_WAITING = 4 * 1024 * 1024;

/** A position in the trace, in bytes and events. */
interface Mark {
  readonly bytes: number;
  readonly events: number;
}

/** Data that a reader does not take in time is lost, and counted by event. */
export class TracePipe implements TraceTarget {
  readonly #file: TraceFileOption;
  readonly #backend: TraceBackend;
  readonly #output: PipeOutput;
  /** Positions of data that is not written yet. */
  readonly #marks: Mark[] = [];
  #bytes = 0;
  #events = 0;
  #writtenEvents = 0;
  /** Events that found no room, and how many of them the trace itself has reported. */
  #lost = 0;

  /** @throws CliError if it cannot be opened, except for lack of a reader */
  constructor(host: Host, file: TraceFileOption, origin: TraceOrigin) {
    this.#file = file;
    this.#output = new PipeOutput(host, file.path);
    this.#backend = newBackend(file, (bytes) => this.#write(bytes), origin);
    writeEventsList(file);
    const refused = this.#output.open();
    if (refused === 0) return;
    const why = describeHostError(new HostError(refused, file.path));
    throw new CliError(`cannot write the trace ${why}`, EXIT_INTERNAL);
  }

  get path(): string {
    return this.#file.path;
  }

  useLoop(loop: MainLoop | null): void {
    this.#output.useLoop(loop);
  }

  sinkOf(thread: TraceThread): TraceSink {
    const sink = this.#backend.sinkOf(thread);
    /** Events that found no room, and how many of them the trace itself has reported. */
    let lost = 0;
    let told = 0;
    return (id, timeNs, ...args) => {
      if (this.waiting > MOST_WAITING) {
        lost++;
        this.#lost++;
        return;
      }
      if (lost > told) {
        this.#backend.dropped(lost - told, timeNs, thread);
        told = lost;
      }
      sink(id, timeNs, ...args);
      this.#events++;
    };
  }

  dropped(events: number, timeNs: number, thread?: TraceThread): void {
    this.#backend.dropped(events, timeNs, thread);
  }

  flush(): void {
    this.#backend.flush();
    this.#output.flush();
  }

  /** Hands on the last bytes. They may wait; close then discards them. */
  end(): void {
    this.#backend.close();
    this.flush();
  }

  /** Bytes that wait for a reader. */
  get waiting(): number {
    return this.#output.waiting;
  }

  /** Sleeps until it takes more, or for that time. */
  awaitRoom(ns: number): void {
    this.#output.awaitRoom(ns);
  }

  /** Discards pending data. */
  close(): string[] {
    this.flush();
    const { path } = this.#file;
    const { errno, isOpen } = this.#output;
    this.#forget();
    const lost = this.#lost + this.#events - this.#writtenEvents;
    this.#output.close();
    if (errno !== 0) {
      return [`the trace ${path} ends here: ${errnoMessage(errno)} (${errnoName(errno)})`];
    }
    if (lost === 0) return [];
    const why = isOpen ? 'was not read in time' : 'was not opened by anybody';
    return [`the trace ${path} ${why}: ${count(lost, 'event is', 'events are')} lost`];
  }

  #write(bytes: Uint8Array): void {
    const kept = bytes.slice();
    this.#bytes += kept.length;
    this.#marks.push({ bytes: this.#bytes, events: this.#events });
    this.#output.write(kept);
    this.#forget();
  }

  /** Removes the positions that are written by now. */
  #forget(): void {
    const written = this.#bytes - this.waiting;
    while (this.#marks.length > 0 && this.#marks[0]!.bytes <= written) {
      this.#writtenEvents = this.#marks.shift()!.events;
    }
  }
}
