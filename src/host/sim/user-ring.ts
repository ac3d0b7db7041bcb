import type { PollRing } from '../poll-ring.ts';

/** IORING_OP_POLL_ADD, or POLL_REMOVE if there is no descriptor. */
export interface Submission {
  /** -1 for POLL_REMOVE. */
  readonly fd: number;
  readonly events: number;
  readonly data: number;
}

const HEAD = 0;
const TAIL = 1;
const FIRST = 2;
/** Words of a completion: data, result. */
const WORDS = 2;

/** The completion ring: memory that the kernel and the ring's user share. */
export class CompletionRing {
  readonly memory: SharedArrayBuffer;
  readonly #words: Float64Array;
  readonly #room: number;

  /** @param entries of the submission ring: it has twice as many itself */
  constructor(entries: number, memory?: SharedArrayBuffer) {
    this.#room = 2 * entries;
    this.memory = memory ?? new SharedArrayBuffer(8 * (FIRST + WORDS * this.#room));
    this.#words = new Float64Array(this.memory);
  }

  get ready(): number {
    return this.#words[TAIL]! - this.#words[HEAD]!;
  }

  get hasRoom(): boolean {
    return this.ready < this.#room;
  }

  data(at: number): number {
    return this.#words[this.#place(at)]!;
  }

  result(at: number): number {
    return this.#words[this.#place(at) + 1]!;
  }

  seen(count: number): void {
    this.#words[HEAD]! += count;
  }

  /** In the kernel; there is room. */
  push(data: number, result: number): void {
    const place = this.#place(this.ready);
    this.#words[place] = data;
    this.#words[place + 1] = result;
    this.#words[TAIL]!++;
  }

  #place(at: number): number {
    return FIRST + WORDS * ((this.#words[HEAD]! + at) % this.#room);
  }
}

/** The system calls of a ring's user. */
export interface RingCalls {
  /** Returns 0 or -errno. */
  submit(queue: readonly Submission[]): number;
  close(): void;
}

/** A simulated io_uring on its user's side, in any thread: what is in its memory takes no call. */
export class UserRing implements PollRing {
  readonly fd: number;
  readonly #entries: number;
  readonly #completions: CompletionRing;
  readonly #calls: RingCalls;
  #queue: Submission[] = [];

  constructor(fd: number, entries: number, memory: SharedArrayBuffer, calls: RingCalls) {
    this.fd = fd;
    this.#entries = entries;
    this.#completions = new CompletionRing(entries, memory);
    this.#calls = calls;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get ready(): number {
    return this.#completions.ready;
  }

  add(fd: number, events: number, data: number): void {
    this.#put({ fd, events, data });
  }

  remove(data: number): void {
    this.#put({ fd: -1, events: 0, data });
  }

  submit(): number {
    const queue = this.#queue;
    this.#queue = [];
    return this.#calls.submit(queue);
  }

  data(at: number): number {
    return this.#completions.data(at);
  }

  result(at: number): number {
    return this.#completions.result(at);
  }

  seen(count: number): void {
    this.#completions.seen(count);
  }

  close(): void {
    this.#calls.close();
  }

  #put(request: Submission): void {
    if (this.#queue.length === this.#entries) this.submit();
    this.#queue.push(request);
  }
}
