/** A trace to a pipe or a terminal, written by the loop when there is room. */

import { O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_WRONLY, S_IFSOCK } from '../../host/constants.ts';
import { ENXIO, errnoMessage, errnoName, HostError } from '../../host/errno.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { TraceBackend, TraceOrigin } from '../../trace/backend.ts';
import type { TraceThread } from '../../trace/thread.ts';
import type { TraceSink } from '../../trace/tracer.ts';
import { CliError, describeHostError, EXIT_INTERNAL } from '../exit/errors.ts';
import type { TraceFileOption } from '../options/trace-options.ts';
import { Output } from '../output/output.ts';
import { count } from '../text/units.ts';
import { newBackend, type TraceTarget, writeEventsList } from './trace-file.ts';

/**
 * Names of our own descriptors. A socket cannot be opened by any of them: it is written directly.
 */
const OWN_FD = /^\/(?:dev\/(?:(stdout)|(stderr)|fd\/(\d+))|proc\/self\/fd\/(\d+))$/;

/** The most data kept for a slow reader: events that come meanwhile are lost. */
const MOST_WAITING = 4 * 1024 * 1024;

/** A position in the trace, in bytes and events. */
interface Mark {
  readonly bytes: number;
  readonly events: number;
}

/**
 * Never blocks, not even in open: a pipe without a reader is opened once it has one. Data that a
 * reader does not take in time is lost, and counted by event.
 */
export class TracePipe implements TraceTarget {
  readonly #file: TraceFileOption;
  readonly #host: Host;
  readonly #backend: TraceBackend;
  /** null: the other end is not open yet. */
  #output: Output | null = null;
  #fd = -1;
  /** Whether we opened it. */
  #owned = false;
  #loop: MainLoop | null = null;
  /** Data handed on before there was an output. */
  #early: Uint8Array[] = [];
  /** Positions of data that is not written yet. */
  readonly #marks: Mark[] = [];
  #bytes = 0;
  #events = 0;
  #writtenEvents = 0;
  /** Events that found no room, and how many of them the trace itself has reported. */
  #lost = 0;

  /** @throws CliError if it cannot be opened, except for lack of a reader */
  constructor(host: Host, file: TraceFileOption, origin: TraceOrigin) {
    this.#host = host;
    this.#file = file;
    this.#backend = newBackend(file, (bytes) => this.#write(bytes), origin);
    writeEventsList(file);
    const refused = this.#open();
    if (refused === 0 || refused === -ENXIO) return;
    const why = describeHostError(new HostError(refused, file.path));
    throw new CliError(`cannot write the trace ${why}`, EXIT_INTERNAL);
  }

  useLoop(loop: MainLoop | null): void {
    this.#loop = loop;
    this.#output?.useLoop(loop);
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
    this.#open();
    this.#output?.flush();
  }

  /** Hands on the last bytes. They may wait; close then discards them. */
  end(): void {
    this.#backend.close();
    this.flush();
  }

  /** Bytes that wait for a reader. */
  get waiting(): number {
    return this.#output?.waiting ?? this.#bytes;
  }

  /** Discards pending data. */
  close(): string[] {
    this.flush();
    const { path } = this.#file;
    const errno = this.#output?.errors.get(this.#fd) ?? 0;
    this.#forget();
    const lost = this.#lost + this.#events - this.#writtenEvents;
    this.#output?.dispose();
    if (this.#owned) this.#host.close(this.#fd);
    this.#owned = false;
    if (errno !== 0) {
      return [`the trace ${path} ends here: ${errnoMessage(errno)} (${errnoName(errno)})`];
    }
    if (lost === 0) return [];
    const why = this.#output === null ? 'was not opened by anybody' : 'was not read in time';
    return [`the trace ${path} ${why}: ${count(lost, 'event is', 'events are')} lost`];
  }

  #write(bytes: Uint8Array): void {
    const kept = bytes.slice();
    this.#bytes += kept.length;
    this.#marks.push({ bytes: this.#bytes, events: this.#events });
    if (this.#output === null) this.#early.push(kept);
    else this.#output.write(this.#fd, kept);
    this.#forget();
  }

  /** Removes the positions that are written by now. */
  #forget(): void {
    const written = this.#bytes - this.waiting;
    while (this.#marks.length > 0 && this.#marks[0]!.bytes <= written) {
      this.#writtenEvents = this.#marks.shift()!.events;
    }
  }

  /** Returns 0, or why it is not open; -ENXIO for a pipe without a reader. */
  #open(): number {
    if (this.#output !== null) return 0;
    const { path } = this.#file;
    const flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const socket = socketOf(this.#host, path);
    const fd = socket ?? this.#host.open(path, flags, 0);
    if (fd < 0) return fd;
    this.#fd = fd;
    this.#owned = socket === undefined;
    // A file of our own never blocks.
    this.#output = new Output(this.#host);
    this.#output.useLoop(this.#loop);
    for (const bytes of this.#early) this.#output.write(fd, bytes);
    this.#early = [];
    return 0;
  }
}

/** The descriptor, if the path is one of ours, and a socket. */
function socketOf(host: Host, path: string): number | undefined {
  const match = OWN_FD.exec(path);
  const stat = host.alloc(STAT_SIZE);
  if (match === null || host.stat(path, stat) < 0 || !isKind(takeStat(stat), S_IFSOCK)) return;
  const [, stdout, stderr, ...numbers] = match;
  if (stdout !== undefined) return 1;
  return stderr !== undefined ? 2 : Number(numbers.find((one) => one !== undefined));
}
