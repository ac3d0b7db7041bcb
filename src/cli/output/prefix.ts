import { F_GETFL, F_GETPIPE_SZ, F_SETFL, O_CLOEXEC, O_NONBLOCK } from '../../host/constants.ts';
import { check, EAGAIN, EINTR } from '../../host/errno.ts';
import type { Disposable, HostBuffer } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { LineOutput } from './output.ts';

const READ = 64 * 1024;
const LF = 0x0a;
/**
 * A line that is longer goes out in pieces. Only then can another child's
 * output, or the log, come in between, and it begins on a line of its own.
 */
const LONGEST = 1024 * 1024;

/** What the streams of all children share. */
export interface PrefixParts {
  readonly loop: MainLoop;
  /** Where bytes for a descriptor go. */
  readonly outputFor: (fd: number) => LineOutput;
  /** What the children get as 0. */
  readonly stdin: number;
}

/** One stream of a child. */
interface StreamPlace {
  /** Its end of the pipe. */
  readonly fd: number;
  /** The descriptor that its lines are for. */
  readonly target: number;
  readonly prefix: Uint8Array;
  /** Of its handler. */
  readonly name: string;
}

/**
 * Turns a child's stdout and stderr into prefixed lines. One for each stream.
 *
 * Invariants: bytes of a stream keep their order and none is lost; a line is
 * written at once with its prefix; while the output is full nothing is read, so
 * that the child waits as it would for a slow reader of its own.
 */
class Stream {
  readonly #parts: PrefixParts;
  readonly #place: StreamPlace;
  readonly #output: LineOutput;
  readonly #buffer: HostBuffer;
  readonly #onClose: (stream: Stream) => void;
  /** The start of a line whose end has not come. */
  #partial: Uint8Array[] = [];
  #partialBytes = 0;
  /** Part of the line has gone out already. */
  #midLine = false;
  #watch: Disposable | null = null;
  #open = true;
  /** How much may still be taken; it has a limit only once the stream is drained. */
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

  /** Reads on, unless it does or may not. */
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

  /** Nobody reads the target any more: the child is told by SIGPIPE, as without us. */
  targetBroke(fd: number): void {
    if (fd === this.#place.target) this.close();
  }

  /**
   * Takes what stood in the pipe when this was first called, and closes it. Where
   * the output is full some of it stays there, until this is called again. What
   * comes in behind may be taken too; but all ends after as much as a pipe holds,
   * since somebody may bring more for ever.
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
    if (this.#partialBytes > 0 || (this.#midLine && this.#output.holdsLine(this))) {
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
    this.#partial.push(bytes.slice());
    this.#partialBytes += bytes.length;
    if (this.#partialBytes < LONGEST) return;
    this.#emit([], false);
    this.#midLine = true;
  }

  /** Writes what is kept of the line, and then these parts, whose first ends it. */
  #emit(parts: readonly Uint8Array[], endsLine = true): void {
    const goesOn = this.#midLine && this.#output.holdsLine(this);
    const head = goesOn ? [] : [this.#place.prefix];
    const bytes = concat([...head, ...this.#partial, ...parts]);
    this.#output.write(this.#place.target, bytes, endsLine ? null : this, goesOn ? this : null);
    this.#partial = [];
    this.#partialBytes = 0;
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
  /** Descriptors to give to the child as 0, 1 and 2. */
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  /** The child has them: ours are closed, and reading begins. */
  started(): void;
  /** It could not be started. */
  failed(): void;
}

/** The prefixed output of all children. */
export class Prefixer {
  readonly #parts: PrefixParts;
  /** Those that are open. */
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

  /** Makes two pipes. @throws HostError where there are no descriptors; none are kept then. */
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

  /** How many streams are open. */
  get open(): number {
    return this.#streams.size;
  }

  /**
   * All children have ended. What they wrote stands in the pipes, and is taken; a
   * process of theirs that still holds a pipe does not hold us. Returns whether
   * that is done: where the output is full this is to be called again, when there
   * is room.
   */
  drain(): boolean {
    for (const stream of this.#streams) stream.drain();
    return this.open === 0;
  }

  /** Closes all streams, whatever stands in them. */
  abandon(): void {
    for (const stream of this.#streams) stream.close();
  }

  #add(place: StreamPlace): void {
    const onClose = (stream: Stream): boolean => this.#streams.delete(stream);
    this.#streams.add(new Stream(this.#parts, place, this.#buffer, onClose));
  }
}

/** The read end, which is ours alone, is non-blocking; the child's end is as a shell would make it. */
function openPipe(loop: MainLoop): readonly [number, number] {
  const { host } = loop;
  const pair: number[] = [];
  check(host.pipe2(pair, O_CLOEXEC), 'pipe2');
  const flags = host.fcntl(pair[0]!, F_GETFL, 0);
  host.fcntl(pair[0]!, F_SETFL, flags | O_NONBLOCK);
  return [pair[0]!, pair[1]!];
}
