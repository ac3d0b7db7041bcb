import { readdirSync } from 'node:fs';
import { O_CLOEXEC } from '../constants.ts';
import { EINVAL, ENOENT, ENOSYS } from '../errno.ts';
import { c } from './libc.ts';
import { LinuxBuffer, putTimespec } from './memory.ts';
import { isProcOurs } from './proc.ts';
import type { SignalWords } from './sigset.ts';

/** A thread and its current mask. */
export interface ThreadNow {
  readonly tid: number;
  readonly mask: SignalWords;
}

const SIG_BLK = 'SigBlk:\t';
const SIG_BLK_LENGTH = SIG_BLK.length + 16;

/** The threads of this process, from /proc. */
export class Threads {
  readonly pid: number;
  readonly #nap = new LinuxBuffer(16);
  /** Grows: the masks come after the user's groups, of which there may be 65,536. */
  #text = new LinuxBuffer(512);

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Like list, or -errno: ENOSYS if /proc is not mounted, or belongs to another pid namespace. */
  tryList(): number[] | number {
    if (!isProcOurs(this.pid)) return -ENOSYS;
    try {
      return this.list();
    } catch (error) {
      const errno = (error as NodeJS.ErrnoException).errno ?? -EINVAL;
      return errno === -ENOENT ? -ENOSYS : errno;
    }
  }

  list(): number[] {
    return readdirSync('/proc/self/task').map(Number);
  }

  /** The masks of the threads that still live. */
  look(tids: readonly number[]): ThreadNow[] {
    const threads: ThreadNow[] = [];
    for (const tid of tids) {
      const mask = this.#blockedIn(tid);
      if (mask !== undefined) threads.push({ tid, mask });
    }
    return threads;
  }

  pause(ns: number): void {
    putTimespec(this.#nap.i32, 0, ns);
    c.nanosleep(this.#nap.address, 0);
  }

  /** SigBlk from its status file, read without node:fs, which is several times slower. */
  #blockedIn(tid: number): SignalWords | undefined {
    const fd = c.open(`/proc/self/task/${tid}/status`, O_CLOEXEC, 0);
    if (fd < 0) return undefined;
    const line = this.#sigBlk(fd);
    c.close(fd);
    if (line === undefined) return undefined;
    const hi = Number.parseInt(line.slice(-16, -8), 16);
    const lo = Number.parseInt(line.slice(-8), 16);
    return { lo: lo | 0, hi: hi | 0 };
  }

  /** The SigBlk line; undefined if the file has none, since the thread has ended. */
  #sigBlk(fd: number): string | undefined {
    for (let length = 0; ; ) {
      if (length === this.#text.size) this.#grow();
      const { address, size, u8 } = this.#text;
      const n = c.read(fd, address + length, size - length);
      if (n <= 0) return undefined;
      length += n;
      const text = Buffer.from(u8.buffer, 0, length);
      const at = text.indexOf(SIG_BLK);
      if (at >= 0 && at + SIG_BLK_LENGTH <= length) {
        return text.toString('latin1', at, at + SIG_BLK_LENGTH);
      }
    }
  }

  #grow(): void {
    const larger = new LinuxBuffer(2 * this.#text.size);
    larger.u8.set(this.#text.u8);
    this.#text = larger;
  }
}
