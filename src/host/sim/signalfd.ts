import { O_NONBLOCK, O_RDWR, POLLIN, SIGNALFD_SIGINFO_SIZE } from '../constants.ts';
import { EAGAIN, EINVAL } from '../errno.ts';
import type { HostBuffer } from '../host.ts';
import { ASK_NODE, type FileNode, OpenFile, type Watcher } from './file.ts';
import type { SignalInfo } from './pending.ts';

/** The source of a signalfd's signals. */
export interface SignalSource {
  /** Takes the next pending signal of the set, or null. */
  take(lo: number, hi: number): SignalInfo | null;
  /** Whether one is pending for the process, or for the thread that asks. */
  isPending(lo: number, hi: number): boolean;
  /** Whether that is the same for every thread. */
  readonly isOfProcess: boolean;
  signalfdReleased(signalfd: SignalFd): void;
}

export class SignalFd implements FileNode {
  readonly file: OpenFile;
  readonly #source: SignalSource;
  #lo = 0;
  #hi = 0;

  constructor(source: SignalSource, flags: number, watchers: Watcher[]) {
    this.#source = source;
    this.file = new OpenFile(this, O_RDWR | (flags & O_NONBLOCK), 0, true, watchers);
  }

  get mode(): number {
    return 0o600;
  }

  get link(): string {
    return 'anon_inode:[signalfd]';
  }

  setMask(lo: number, hi: number): void {
    this.#lo = lo;
    this.#hi = hi;
    this.update();
  }

  /** The pending signals changed. */
  update(): void {
    this.file.ready = this.#source.isOfProcess ? this.poll() : ASK_NODE;
  }

  poll(): number {
    return this.#source.isPending(this.#lo, this.#hi) ? POLLIN : 0;
  }

  read(_file: OpenFile, buf: HostBuffer, offset: number, count: number): number {
    if (count < SIGNALFD_SIGINFO_SIZE) return -EINVAL;
    const end = offset + count - SIGNALFD_SIGINFO_SIZE;
    let at = offset;
    while (at <= end) {
      const info = this.#source.take(this.#lo, this.#hi);
      if (info === null) break;
      writeRecord(buf, at, info);
      at += SIGNALFD_SIGINFO_SIZE;
    }
    return at === offset ? -EAGAIN : at - offset;
  }

  write(_file: OpenFile, _buf: HostBuffer, _offset: number, _count: number): number {
    return -EINVAL;
  }

  release(): void {
    this.#source.signalfdReleased(this);
  }
}

/** Writes a struct signalfd_siginfo; fields that do not apply are 0. */
function writeRecord(buf: HostBuffer, at: number, info: SignalInfo): void {
  const { view } = buf;
  buf.u8.fill(0, at, at + SIGNALFD_SIGINFO_SIZE);
  view.setUint32(at, info.signo, true);
  view.setInt32(at + 8, info.code, true);
  view.setUint32(at + 12, info.pid, true);
  view.setUint32(at + 16, info.uid, true);
  view.setInt32(at + 40, info.status, true);
  view.setInt32(at + 44, info.value, true);
  // ssi_ptr shares ssi_int's union and is filled as a pointer: the sign is extended.
  view.setInt32(at + 48, info.value, true);
  view.setInt32(at + 52, info.value >> 31, true);
  view.setUint32(at + 56, info.utimeTicks, true);
  view.setUint32(at + 64, info.stimeTicks, true);
}
