import { POLLERR, POLLHUP, POLLNVAL, POLLOUT } from '../../host/constants.ts';
import { EAGAIN, EINTR } from '../../host/errno.ts';
import type { Disposable, Host, HostBuffer } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { reopen } from '../exit/reopen.ts';
import { endOfRoom, PIPE_ROOM } from '../exit/room.ts';

/** Sources that can wait do so while more than this is pending. */
const FULL = 64 * 1024;

const LINE_END = Uint8Array.of(0x0a);

/** The part of an Output for writers that can wait. */
export type LineOutput = Pick<Output, 'full' | 'onRoom' | 'onBroken' | 'holdsLine' | 'write'>;

interface Chunk {
  readonly fd: number;
  readonly bytes: Uint8Array;
}

/**
 * Writes to descriptors shared with others, on which O_NONBLOCK must therefore not be set: data
 * that cannot be written at once waits until the loop finds them writable or, without a loop, until
 * flush is called.
 *
 * Descriptors of the same file (a terminal, 2>&1) share one Output, and so keep their order: a line
 * is never written into the middle of another.
 */
export class Output implements Disposable {
  /** Bytes pending. */
  waiting = 0;
  /** Bytes discarded since nobody took them in time. */
  dropped = 0;
  readonly #host: Host;
  readonly #buffer: HostBuffer;
  readonly #pollfd: HostBuffer;
  readonly #queue: Chunk[] = [];
  /** The writer whose unfinished line was written last. */
  #lineHolder: object | null = null;
  /** How much of the first chunk is written. */
  #offset = 0;
  /** The reopened terminals and pipes, by the descriptors they replace. */
  readonly #reopened = new Map<number, number>();
  /** Terminals that could not be opened anew. */
  readonly #shared = new Set<number>();
  #loop: MainLoop | null = null;
  #watch: Disposable | null = null;
  #watchedFd = -1;
  readonly #onRoom: (() => void)[] = [];
  /** Why descriptors are not written any more: negative, as the host returned it. */
  readonly errors = new Map<number, number>();
  /** Chunks that their descriptor has not taken, or not whole, when it failed. */
  lost = 0;
  /** Whether the last line that went out before that has no end. */
  isCut = false;
  readonly #onBroken: ((fd: number) => void)[] = [];

  /**
   * The loop must not block in write: it would see no signal. POLLOUT promises little, and others may
   * fill the rest meanwhile. So terminals and pipes are opened anew.
   * @param fds the descriptors to write to
   */
  constructor(host: Host, ...fds: readonly number[]) {
    this.#host = host;
    for (const fd of fds) {
      const reopened = reopen(host, fd);
      if (reopened >= 0) this.#reopened.set(fd, reopened);
      else if (host.isatty(fd)) this.#shared.add(fd);
    }
    this.#buffer = host.alloc(PIPE_ROOM);
    this.#pollfd = host.alloc(8);
  }

  /** Makes this loop write the pending data from now on; null for no loop. */
  useLoop(loop: MainLoop | null): void {
    this.#unwatch();
    this.#loop = loop;
    if (loop !== null) this.flush();
  }

  /** The descriptor that pending data goes to next, for polling; -1 if nothing is pending. */
  get pollFd(): number {
    const chunk = this.#queue[0];
    return chunk === undefined ? -1 : this.#targetOf(chunk.fd);
  }

  /** Whether the last line is not ended yet. */
  get isMidLine(): boolean {
    return this.#lineHolder !== null;
  }

  /** Whether a source that can wait should. */
  get full(): boolean {
    return this.waiting > FULL;
  }

  /** Calls the listener when full ends. */
  onRoom(listener: () => void): void {
    this.#onRoom.push(listener);
  }

  /** Calls the listener when a descriptor turns out to be closed at its other end. */
  onBroken(listener: (fd: number) => void): void {
    this.#onBroken.push(listener);
  }

  /** Whether the last thing written is the start of this writer's line. */
  holdsLine(writer: object): boolean {
    return this.#lineHolder === writer;
  }

  /**
   * Writes whole lines, now or when there is room. The bytes are kept, not copied.
   * @param holder the writer, if its line does not end here; other writers then begin on a line of
   *   their own
   * @param continues the writer whose unfinished line this continues
   */
  write(
    fd: number,
    bytes: Uint8Array,
    holder: object | null = null,
    continues: object | null = null,
  ): void {
    if (bytes.length === 0 || this.errors.has(fd)) return;
    if (this.#lineHolder !== null && this.#lineHolder !== continues) this.#push(fd, LINE_END);
    this.#lineHolder = holder;
    this.#push(fd, bytes);
    if (this.#watch === null) this.flush();
  }

  #push(fd: number, bytes: Uint8Array): void {
    this.#queue.push({ fd, bytes });
    this.waiting += bytes.length;
  }

  /** Discards pending data. */
  drop(): void {
    this.dropped += this.waiting;
    this.#queue.length = 0;
    this.#offset = 0;
    this.waiting = 0;
    this.#unwatch();
  }

  /** Closes the descriptors that it has opened. */
  dispose(): void {
    this.drop();
    for (const fd of this.#reopened.values()) this.#host.close(fd);
    this.#reopened.clear();
  }

  /** Writes as much as goes out at once. */
  flush(): void {
    const wasFull = this.full;
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      if (this.#writeSlice(chunk)) continue;
      this.#watchFor(chunk.fd);
      break;
    }
    if (this.#queue.length === 0) this.#unwatch();
    if (wasFull && !this.full) for (const listener of this.#onRoom) listener();
  }

  #targetOf(fd: number): number {
    return this.#reopened.get(fd) ?? fd;
  }

  #writable(fd: number): boolean {
    const words = this.#pollfd.i32;
    words[0] = fd;
    words[1] = POLLOUT;
    let ret: number;
    do ret = this.#host.poll(this.#pollfd, 1, 0);
    while (ret === -EINTR);
    const revents = words[1]! >>> 16;
    return ret > 0 && (revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) !== 0;
  }

  /** Returns false if there is no room now. */
  #writeSlice(chunk: Chunk): boolean {
    const { fd, bytes } = chunk;
    const target = this.#targetOf(fd);
    if (target === fd && !this.#writable(fd)) return false;
    const end = endOfRoom(bytes, this.#offset, this.#shared.has(fd));
    const part = bytes.subarray(this.#offset, end);
    this.#buffer.u8.set(part);
    const ret = this.#host.write(target, this.#buffer, 0, part.length);
    if (ret === -EAGAIN) return false;
    if (ret === -EINTR) return true;
    if (ret < 0) {
      this.#break(fd, ret);
      return true;
    }
    this.waiting -= ret;
    this.#offset += ret;
    if (this.#offset === bytes.length) {
      this.#queue.shift();
      this.#offset = 0;
    }
    return true;
  }

  #break(fd: number, errno: number): void {
    this.errors.set(fd, errno);
    const kept = this.#queue.filter((chunk) => chunk.fd !== fd);
    this.lost += this.#queue.length - kept.length;
    this.isCut = this.#offset > 0 && this.#queue[0]!.bytes[this.#offset - 1] !== LINE_END[0];
    this.#queue.splice(0, this.#queue.length, ...kept);
    this.#offset = 0;
    this.waiting = kept.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (const listener of this.#onBroken) listener(fd);
  }

  #watchFor(fd: number): void {
    if (this.#loop === null || this.#watchedFd === fd) return;
    this.#unwatch();
    this.#watchedFd = fd;
    this.#watch = this.#loop.setFdHandler(this.#targetOf(fd), {
      name: `write ${fd}`,
      ioWrite: () => this.flush(),
    });
  }

  #unwatch(): void {
    this.#watch?.dispose();
    this.#watch = null;
    this.#watchedFd = -1;
  }
}
