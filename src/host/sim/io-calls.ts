/** The calls on descriptors in which a thread sleeps. */
import { EAGAIN, EINTR, EPIPE } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import type { Epoll } from './epoll.ts';
import type { OpenFile } from './file.ts';
import { ASLEEP, SleepingCall, type Thread } from './thread.ts';

const NO_WORDS = new Int32Array(0);

/** Looks at pollfds. */
export interface Poller {
  scan(words: Int32Array, nfds: number): number;
}

export class PollCall extends SleepingCall {
  readonly #poller: Poller;
  #thread: Thread | null = null;
  #words: Int32Array = NO_WORDS;
  #nfds = 0;

  constructor(poller: Poller) {
    super();
    this.#poller = poller;
  }

  /** Begins a call. A thread that is alone makes one call at a time, and so needs one object. */
  begin(thread: Thread, words: Int32Array, nfds: number): this {
    this.#thread = thread;
    this.#words = words;
    this.#nfds = nfds;
    return this;
  }

  get what(): string {
    return 'poll';
  }

  get detail(): string {
    const fds = Array.from({ length: this.#nfds }, (_, i) => this.#words[2 * i]!);
    return fds.length === 0 ? 'poll of nothing' : `poll of fds ${fds.join(' ')}`;
  }

  again(): number {
    const n = this.#poller.scan(this.#words, this.#nfds);
    if (n > 0) return n;
    return this.#thread!.interrupted ? -EINTR : ASLEEP;
  }
}

export class EpollCall extends SleepingCall {
  #thread: Thread | null = null;
  #epfd = -1;
  #epoll: Epoll | null = null;
  #words: Int32Array = NO_WORDS;
  #maxEvents = 0;

  /** Begins a call, as of PollCall. */
  begin(thread: Thread, epfd: number, epoll: Epoll, words: Int32Array, maxEvents: number): this {
    this.#thread = thread;
    this.#epfd = epfd;
    this.#epoll = epoll;
    this.#words = words;
    this.#maxEvents = maxEvents;
    return this;
  }

  get what(): string {
    return 'epoll_wait';
  }

  get detail(): string {
    return `epoll_wait of fd ${this.#epfd}`;
  }

  again(): number {
    const n = this.#epoll!.harvest(this.#words, this.#maxEvents);
    if (n > 0) return n;
    return this.#thread!.interrupted ? -EINTR : ASLEEP;
  }
}

/** A transfer of bytes. It holds its file, which another thread may close meanwhile. */
abstract class Transfer extends SleepingCall {
  protected readonly thread: Thread;
  protected readonly file: OpenFile;
  protected readonly buf: HostBuffer;
  protected readonly offset: number;
  protected readonly count: number;
  readonly #fd: number;

  constructor(
    thread: Thread,
    file: OpenFile,
    fd: number,
    buf: HostBuffer,
    offset: number,
    count: number,
  ) {
    super();
    this.thread = thread;
    this.file = file;
    this.#fd = fd;
    this.buf = buf;
    this.offset = offset;
    this.count = count;
    file.refs++;
  }

  get detail(): string {
    return `${this.what} of fd ${this.#fd}`;
  }

  override over(): void {
    this.file.release();
  }
}

export class ReadCall extends Transfer {
  get what(): string {
    return 'read';
  }

  again(): number {
    const { file } = this;
    const n = file.node.read(file, this.buf, this.offset, this.count);
    if (n !== -EAGAIN) return n;
    return this.thread.endsCall() ? -EINTR : ASLEEP;
  }
}

export class WriteCall extends Transfer {
  /** Bytes written so far. */
  done = 0;
  readonly #brokenPipe: () => void;

  constructor(
    thread: Thread,
    file: OpenFile,
    fd: number,
    buf: HostBuffer,
    offset: number,
    count: number,
    brokenPipe: () => void,
  ) {
    super(thread, file, fd, buf, offset, count);
    this.#brokenPipe = brokenPipe;
  }

  get what(): string {
    return 'write';
  }

  again(): number {
    const { file, buf } = this;
    const n = file.node.write(file, buf, this.offset + this.done, this.count - this.done);
    if (n > 0) {
      this.done += n;
      this.moved = true;
    } else if (n === -EPIPE) this.#brokenPipe();
    if (n < 0 && n !== -EAGAIN) return this.done > 0 ? this.done : n;
    if (this.done === this.count) return this.done;
    if (this.thread.endsCall()) return this.done > 0 ? this.done : -EINTR;
    return ASLEEP;
  }
}
