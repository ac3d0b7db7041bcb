/** io_uring through its system calls and the rings that it shares with us. */

import { isInt } from '../arguments.ts';
import { EINVAL } from '../errno.ts';
import type { PollRing } from '../poll-ring.ts';
import { c, memoryAt, result } from './libc.ts';
import { type LoopCalls, SYS_IO_URING_ENTER } from './machine/calls.ts';
import { LinuxBuffer, putWord64, word64 } from './memory.ts';

/** The same on every machine. */
const SYS_IO_URING_SETUP = 425;

const PARAMS_SIZE = 120;
/** 32-bit words of struct io_uring_params. */
const SQ_ENTRIES = 0;
const CQ_ENTRIES = 1;
const FEATURES = 5;
const SQ_OFF = 10;
const CQ_OFF = 20;
/** Words of struct io_sqring_offsets and io_cqring_offsets; `cqes` stands where `dropped` does. */
const HEAD = 0;
const TAIL = 1;
const CQES = 5;
const ARRAY = 6;
const FLAGS_OF_SQ = 4;

const IORING_FEAT_SINGLE_MMAP = 1;
const IORING_OFF_SQES = 0x10000000;
const IORING_ENTER_GETEVENTS = 1;
const IORING_SQ_CQ_OVERFLOW = 2;
const IORING_OP_POLL_ADD = 6;
const IORING_OP_POLL_REMOVE = 7;

/** The words of a request that ever differ from 0, behind its code and descriptor. */
const OF_TARGET = 4;
const OF_EVENTS = 7;
const OF_DATA = 8;
const SQE_WORDS = 16;
const CQE_WORDS = 4;

const PROT_READ_WRITE = 3;
const MAP_SHARED_POPULATE = 0x8001;

interface Mapped {
  readonly address: number;
  readonly bytes: number;
  readonly words: Int32Array;
}

/** Returns the mapping, or -errno. */
function map(fd: number, bytes: number, offset: number): Mapped | number {
  const address = c.mmap(0, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, fd, offset);
  // As an address, MAP_FAILED (-1) is far above any page.
  if (address >= Number.MAX_SAFE_INTEGER) return result(-1);
  return { address, bytes, words: new Int32Array(memoryAt(address, bytes)) };
}

/** See PollRing. The kernel's tails are read, and our heads and tails written, by atomic operations. */
export class LinuxPollRing implements PollRing {
  readonly fd: number;
  queued = 0;
  readonly #rings: Mapped;
  readonly #sqes: Mapped;
  readonly #words: Int32Array;
  readonly #entries: number;
  /** Words of the rings: where the kernel's and our numbers stand. */
  readonly #sqTail: number;
  readonly #sqFlags: number;
  readonly #cqHead: number;
  readonly #cqTail: number;
  readonly #cqes: number;
  readonly #cqMask: number;
  readonly #calls: LoopCalls;
  #closed = false;

  private constructor(
    calls: LoopCalls,
    fd: number,
    params: Int32Array,
    [rings, sqes]: readonly [Mapped, Mapped],
  ) {
    this.#calls = calls;
    this.fd = fd;
    this.#rings = rings;
    this.#sqes = sqes;
    this.#words = rings.words;
    this.#entries = params[SQ_ENTRIES]!;
    this.#sqTail = params[SQ_OFF + TAIL]! / 4;
    this.#sqFlags = params[SQ_OFF + FLAGS_OF_SQ]! / 4;
    this.#cqHead = params[CQ_OFF + HEAD]! / 4;
    this.#cqTail = params[CQ_OFF + TAIL]! / 4;
    this.#cqes = params[CQ_OFF + CQES]! / 4;
    this.#cqMask = params[CQ_ENTRIES]! - 1;
    const array = params[SQ_OFF + ARRAY]! / 4;
    for (let i = 0; i < this.#entries; i++) this.#words[array + i] = i;
  }

  /** Returns it, or -errno: -EPERM or -ENOSYS if io_uring is forbidden here, or not there. */
  static open(entries: number, calls: LoopCalls): LinuxPollRing | number {
    if (!isInt(entries) || entries < 1) return -EINVAL;
    const buffer = new LinuxBuffer(PARAMS_SIZE);
    const params = buffer.i32;
    const fd = result(c.syscall(SYS_IO_URING_SETUP, entries, buffer.address, 0, 0, 0, 0));
    if (fd < 0) return fd;
    const mapped = mapAll(fd, params);
    if (typeof mapped !== 'number') return new LinuxPollRing(calls, fd, params, mapped);
    c.close(fd);
    return mapped;
  }

  get ready(): number {
    const words = this.#words;
    return (Atomics.load(words, this.#cqTail) - words[this.#cqHead]!) | 0;
  }

  add(fd: number, events: number, data: number): void {
    const at = this.#next(IORING_OP_POLL_ADD, fd);
    const { words } = this.#sqes;
    putWord64(words, at + OF_TARGET, 0);
    words[at + OF_EVENTS] = events;
    putWord64(words, at + OF_DATA, data);
  }

  remove(data: number): void {
    const at = this.#next(IORING_OP_POLL_REMOVE, -1);
    const { words } = this.#sqes;
    putWord64(words, at + OF_TARGET, data);
    words[at + OF_EVENTS] = 0;
    putWord64(words, at + OF_DATA, 0);
  }

  submit(): number {
    const words = this.#words;
    const { fd, queued } = this;
    const isOverflown = (Atomics.load(words, this.#sqFlags) & IORING_SQ_CQ_OVERFLOW) !== 0;
    if (queued === 0 && !isOverflown) return 0;
    const ret = isOverflown
      ? result(c.syscall(SYS_IO_URING_ENTER, fd, queued, 0, IORING_ENTER_GETEVENTS, 0, 0))
      : this.#calls.uringSubmit(fd, queued);
    if (ret < 0) return ret;
    this.queued = queued - ret;
    return 0;
  }

  data(at: number): number {
    return word64(this.#words, this.#completion(at));
  }

  result(at: number): number {
    return this.#words[this.#completion(at) + 2]!;
  }

  seen(count: number): void {
    Atomics.store(this.#words, this.#cqHead, (this.#words[this.#cqHead]! + count) | 0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    c.munmap(this.#sqes.address, this.#sqes.bytes);
    c.munmap(this.#rings.address, this.#rings.bytes);
    c.close(this.fd);
  }

  #completion(at: number): number {
    return this.#cqes + CQE_WORDS * ((this.#words[this.#cqHead]! + at) & this.#cqMask);
  }

  /** The word where the next request stands, with its code and descriptor. The kernel writes none of them. */
  #next(opcode: number, fd: number): number {
    if (this.queued === this.#entries) this.submit();
    const words = this.#words;
    const tail = words[this.#sqTail]!;
    const at = SQE_WORDS * (tail & (this.#entries - 1));
    const sqe = this.#sqes.words;
    sqe[at] = opcode;
    sqe[at + 1] = fd;
    Atomics.store(words, this.#sqTail, (tail + 1) | 0);
    this.queued++;
    return at;
  }
}

/** The rings and the requests; or -errno. */
function mapAll(fd: number, params: Int32Array): [Mapped, Mapped] | number {
  // Older kernels have the rings in two places.
  if ((params[FEATURES]! & IORING_FEAT_SINGLE_MMAP) === 0) return -EINVAL;
  const sqBytes = params[SQ_OFF + ARRAY]! + 4 * params[SQ_ENTRIES]!;
  const cqBytes = params[CQ_OFF + CQES]! + 4 * CQE_WORDS * params[CQ_ENTRIES]!;
  const rings = map(fd, Math.max(sqBytes, cqBytes), 0);
  if (typeof rings === 'number') return rings;
  const sqes = map(fd, 4 * SQE_WORDS * params[SQ_ENTRIES]!, IORING_OFF_SQES);
  if (typeof sqes !== 'number') return [rings, sqes];
  c.munmap(rings.address, rings.bytes);
  return sqes;
}
