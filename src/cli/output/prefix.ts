import { F_GETFL, F_GETPIPE_SZ, F_SETFL, O_CLOEXEC, O_NONBLOCK } from '../../host/constants.ts';
import { check, EAGAIN, EINTR } from '../../host/errno.ts';
import type { Disposable, HostBuffer } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { LineStart } from './line-start.ts';
import type { LineOutput } from './output.ts';

const READ = 64 * 1024;
const LF = 0x0a;
/**
 * Longer lines go out in pieces. Only then can another child's output, or the log, come in between,
 * on a line of its own.
 */
const LONGEST = 1024 * 1024;

/** The parts shared by the streams of all children. */
export interface PrefixParts {
  readonly loop: MainLoop;
  /** The output for a descriptor. */
  readonly outputFor: (fd: number) => LineOutput;
  /** The children's stdin. */
  readonly stdin: number;
}

/** One stream of a child. */
interface StreamPlace {
  /** Our end of the pipe. */
  readonly fd: number;
  /** The descriptor that its lines go to. */
  readonly target: number;
  readonly prefix: Uint8Array;
  /** The name of its handler. */
  readonly name: string;
}

/**
 * Turns a child's stdout or stderr into prefixed lines. There is one per stream.
 *
 * Invariants: the bytes of a stream keep their order and none is lost; a line is written at once
 * with its prefix; while the output is full nothing is read, so the child waits as it would for a
 * slow reader of its own.
 */
class Stream {
  readonly #parts: PrefixParts;
  readonly #place: StreamPlace;
  readonly #output: LineOutput;
  readonly #buffer: HostBuffer;
  readonly #onClose: (stream: Stream) => void;
  readonly #partial = new LineStart();
  /** Whether part of the line has already gone out. */
  #midLine = false;
  #watch: Disposable | null = null;
  #open = true;
  /** How many bytes may still be read; limited only while the stream is drained. */
  #left = Number.POSITIVE_INFINITY;

  constructor(
    parts: PrefixParts,
    place: StreamPlace,
    buffer: HostBuffer,
    onClose: (stream: Stream) => void,
  ) {
    this.#parts = parts;
    this.#place = place;
    this.#output = parts.outputFor(place.target);
    this.#buffer = buffer;
    this.#onClose = onClose;
    this.resume();
  }

  get isMidLine(): boolean {
    return this.#partial.length > 0 || this.#midLine || this.#watch === null;
  }

  /** Resumes reading, unless it is reading or must not. */
  resume(): void {
    if (!this.#open || this.#drained || this.#watch !== null || this.#output.full) return;
    const { fd, name } = this.#place;
    this.#watch = this.#parts.loop.setFdHandler(fd, {
      name,
      ioRead: () => {
        this.#read();
        if (this.#output.full) this.#pause();
      },
    });
  }

  get #drained(): boolean {
    return this.#left !== Number.POSITIVE_INFINITY;
  }

  /** The target has no reader any more: the child gets SIGPIPE, as it would without us. */
  targetBroke(fd: number): void {
    if (fd === this.#place.target) this.close();
  }

  /**
   * Reads the bytes that were in the pipe when this was first called, and closes it. If the output
   * is full some stay there until this is called again. Later bytes may be read too, but no more
   * than a pipe holds, since somebody may write for ever.
   */
  drain(): void {
    this.#pause();
    if (!this.#drained) this.#left = this.#parts.loop.host.fcntl(this.#place.fd, F_GETPIPE_SZ, 0);
    while (this.#open && !this.#output.full) {
      if (this.#left <= 0 || !this.#read()) this.close();
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#pause();
    this.#parts.loop.host.close(this.#place.fd);
    this.#onClose(this);
    if (this.#partial.length > 0 || (this.#midLine && this.#output.holdsLine(this))) {
      this.#emit([Uint8Array.of(LF)]);
    }
  }

  #pause(): void {
    this.#watch?.dispose();
    this.#watch = null;
  }

  /** Returns whether there may be more. */
  #read(): boolean {
    const most = Math.min(READ, this.#left);
    const ret = this.#parts.loop.host.read(this.#place.fd, this.#buffer, 0, most);
    if (ret === -EINTR) return true;
    if (ret === -EAGAIN) return false;
    if (ret <= 0) {
      this.close();
      return false;
    }
    this.#left -= ret;
    this.#take(this.#buffer.u8.subarray(0, ret));
    return true;
  }

  #take(bytes: Uint8Array): void {
    const last = bytes.lastIndexOf(LF);
    if (last < 0) {
      this.#keep(bytes);
      return;
    }
    const lines: Uint8Array[] = [];
    for (let at = 0; at <= last; ) {
      const end = bytes.indexOf(LF, at) + 1;
      if (at > 0) lines.push(this.#place.prefix);
      lines.push(bytes.subarray(at, end));
      at = end;
    }
    this.#emit(lines);
    this.#keep(bytes.subarray(last + 1));
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#partial.add(bytes);
    if (this.#partial.length < LONGEST) return;
    this.#emit([], false);
    this.#midLine = true;
  }

  /** Writes the kept part of the line, then these parts, the first of which ends it. */
  #emit(parts: readonly Uint8Array[], endsLine = true): void {
    const goesOn = this.#midLine && this.#output.holdsLine(this);
    const head = goesOn ? [] : [this.#place.prefix];
    const bytes = concat([...head, this.#partial.bytes, ...parts]);
    this.#output.write(this.#place.target, bytes, endsLine ? null : this, goesOn ? this : null);
    this.#partial.clear();
    this.#midLine = false;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The pipes of one child. */
export interface ChildPipes {
  /** Descriptors for the child's 0, 1 and 2. */
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  /** The child has them: closes ours, and begins to read. */
  started(): void;
  /** The child could not be started. */
  failed(): void;
}

/** The prefixed output of all children. */
export class Prefixer {
  readonly #parts: PrefixParts;
  /** The open streams. */
  readonly #streams = new Set<Stream>();
  readonly #buffer: HostBuffer;
  readonly #outputs = new Set<LineOutput>();

  constructor(parts: PrefixParts) {
    this.#parts = parts;
    this.#buffer = parts.loop.host.alloc(READ);
    for (const fd of [1, 2]) this.#outputs.add(parts.outputFor(fd));
    for (const output of this.#outputs) {
      output.onRoom(() => {
        for (const stream of this.#streams) stream.resume();
      });
      output.onBroken((fd) => {
        for (const stream of this.#streams) stream.targetBroke(fd);
      });
    }
  }

  /** Makes two pipes. @throws HostError if no descriptors are left; none stay open then. */
  openFor(number: number, prefix: string): ChildPipes {
    const { host } = this.#parts.loop;
    const bytes = new TextEncoder().encode(prefix);
    const out = openPipe(this.#parts.loop);
    let err: readonly [number, number];
    try {
      err = openPipe(this.#parts.loop);
    } catch (error) {
      for (const fd of out) host.close(fd);
      throw error;
    }
    const pairs = [
      { pipe: out, target: 1 },
      { pipe: err, target: 2 },
    ];
    return {
      stdin: this.#parts.stdin,
      stdout: out[1],
      stderr: err[1],
      started: () => {
        for (const { pipe, target } of pairs) {
          host.close(pipe[1]);
          const name = `child ${number} ${target === 1 ? 'stdout' : 'stderr'}`;
          this.#add({ fd: pipe[0], target, prefix: bytes, name });
        }
      },
      failed: () => {
        for (const { pipe } of pairs) for (const fd of pipe) host.close(fd);
      },
    };
  }

  /** Whether the start of a line is kept, or a stream is not read now. */
  get isMidLine(): boolean {
    return [...this.#streams].some((stream) => stream.isMidLine);
  }

  /** The number of open streams. */
  get open(): number {
    return this.#streams.size;
  }

  /**
   * All children have ended. Their remaining output is read from the pipes; a process that still
   * holds a pipe does not hold us up. Returns whether that is done: if the output is full, call
   * this again when there is room.
   */
  drain(): boolean {
    for (const stream of this.#streams) stream.drain();
    return this.open === 0;
  }

  /** Closes all streams, whatever they contain. */
  abandon(): void {
    for (const stream of this.#streams) stream.close();
  }

  #add(place: StreamPlace): void {
    const onClose = (stream: Stream): boolean => this.#streams.delete(stream);
    this.#streams.add(new Stream(this.#parts, place, this.#buffer, onClose));
  }
}

/**
 * The read end, which is only ours, is non-blocking; the child's end is as a shell would make it.
 */
function openPipe(loop: MainLoop): readonly [number, number] {
  const { host } = loop;
  const pair: number[] = [];
  check(host.pipe2(pair, O_CLOEXEC), 'pipe2');
  const flags = host.fcntl(pair[0]!, F_GETFL, 0);
  host.fcntl(pair[0]!, F_SETFL, flags | O_NONBLOCK);
  return [pair[0]!, pair[1]!];
}
