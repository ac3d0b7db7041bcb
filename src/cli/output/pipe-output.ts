/** Bytes for a pipe, a socket or a terminal, which may have to wait for their reader. */

import {
  O_CLOEXEC,
  O_NOCTTY,
  O_NONBLOCK,
  O_WRONLY,
  POLLOUT,
  S_IFCHR,
  S_IFIFO,
  S_IFSOCK,
} from '../../host/constants.ts';
import { ENXIO } from '../../host/errno.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Host } from '../../host/host.ts';
import { pollOne } from '../../host/poll-one.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { Output } from './output.ts';

/**
 * Names of our own descriptors. A socket cannot be opened by any of them: it is written directly.
 */
const OWN_FD = /^\/(?:dev\/(?:(stdout)|(stderr)|fd\/(\d+))|proc\/self\/fd\/(\d+))$/;

/** Never blocks, not even in open: a pipe without a reader is opened once it has one. */
export class PipeOutput {
  readonly #host: Host;
  readonly #path: string;
  /** null: the other end is not open yet. */
  #output: Output | null = null;
  #fd = -1;
  /** Whether we opened it. */
  #owned = false;
  #loop: MainLoop | null = null;
  /** Data handed on before there was an output. */
  #early: Uint8Array[] = [];
  #earlyBytes = 0;

  constructor(host: Host, path: string) {
    this.#host = host;
    this.#path = path;
  }

  /** Opens it, if it is not open yet. Returns 0, also for a pipe without a reader, or -errno. */
  open(): number {
    if (this.#output !== null) return 0;
    const flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const socket = socketOf(this.#host, this.#path);
    const fd = socket ?? this.#host.open(this.#path, flags, 0);
    if (fd === -ENXIO && isFifo(this.#host, this.#path)) return 0;
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

  /** Whether it has had a reader. */
  get isOpen(): boolean {
    return this.#output !== null;
  }

  /** Bytes that wait for a reader. */
  get waiting(): number {
    return this.#output?.waiting ?? this.#earlyBytes;
  }

  /** Why it is not written any more, as a negative number; 0 if it is. */
  get errno(): number {
    return this.#output?.errors.get(this.#fd) ?? 0;
  }

  /** Makes this loop write pending data from now on; null for no loop. */
  useLoop(loop: MainLoop | null): void {
    this.#loop = loop;
    this.#output?.useLoop(loop);
  }

  /** The bytes are kept, not copied. */
  write(bytes: Uint8Array): void {
    if (this.#output !== null) {
      this.#output.write(this.#fd, bytes);
      return;
    }
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
  }

  /** Writes as much as goes out at once. */
  flush(): void {
    this.open();
    this.#output?.flush();
  }

  /** Sleeps until it takes more, or for that time. */
  awaitRoom(ns: number): void {
    // A descriptor of -1 never takes more.
    pollOne(this.#host, this.#fd, POLLOUT, ns);
  }

  /** Discards pending data. */
  close(): void {
    this.#output?.dispose();
    if (this.#owned) this.#host.close(this.#fd);
    this.#owned = false;
  }
}

/** Whether writing may have to wait for a reader: a pipe, a socket, a terminal. */
export function mayWait(host: Host, path: string): boolean {
  return isOneOf(host, path, [S_IFIFO, S_IFSOCK, S_IFCHR]);
}

/** Whether somebody may open it to read later; the name of a socket can never be opened. */
export function isFifo(host: Host, path: string): boolean {
  return isOneOf(host, path, [S_IFIFO]);
}

function isOneOf(host: Host, path: string, kinds: readonly number[]): boolean {
  const buffer = host.alloc(STAT_SIZE);
  if (host.stat(path, buffer) < 0) return false;
  const stat = takeStat(buffer);
  return kinds.some((kind) => isKind(stat, kind));
}

/** The descriptor, if the path is one of ours, and a socket. */
export function socketOf(host: Host, path: string): number | undefined {
  const match = OWN_FD.exec(path);
  const stat = host.alloc(STAT_SIZE);
  if (match === null || host.stat(path, stat) < 0 || !isKind(takeStat(stat), S_IFSOCK)) return;
  const [, stdout, stderr, ...numbers] = match;
  if (stdout !== undefined) return 1;
  return stderr !== undefined ? 2 : Number(numbers.find((one) => one !== undefined));
}
