/** /proc, read through a Host. The simulated host has none. */

import { O_CLOEXEC, O_RDONLY } from './constants.ts';
import type { Host, HostBuffer } from './host.ts';

/** The part of /proc/PID/stat that we use. */
export interface ProcessStat {
  /** One letter, such as R, S or Z. */
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  /** CPU time of it and of the children that it reaped, in hundredths of a second. */
  readonly cpuTicks: number;
}

/** Most files of /proc are shorter, and are read by one call. */
const PIECE = 4096;

export class Proc {
  readonly #host: Host;
  readonly #buf: HostBuffer;

  constructor(host: Host) {
    this.#host = host;
    this.#buf = host.alloc(PIECE);
  }

  /** A file of this process's own folder; undefined without /proc. */
  own(file: string): string | undefined {
    return this.#text(`/proc/self/${file}`);
  }

  /** A link of this process's own folder; undefined if there is none. */
  ownLink(name: string): string | undefined {
    return this.#link(`/proc/self/${name}`);
  }

  /**
   * A file of /proc/PID; undefined if there is no such process, or if /proc shows another pid
   * namespace, in which its numbers mean other processes.
   */
  read(pid: number, file: string): string | undefined {
    return this.#isOurs() ? this.#text(`/proc/${pid}/${file}`) : undefined;
  }

  /** A link of /proc/PID; undefined also if it is another user's, of which the kernel does not tell. */
  link(pid: number, name: string): string | undefined {
    return this.#isOurs() ? this.#link(`/proc/${pid}/${name}`) : undefined;
  }

  /** /proc/PID/stat, as read. */
  stat(pid: number): ProcessStat | undefined {
    const text = this.read(pid, 'stat');
    return text === undefined ? undefined : parseStat(text);
  }

  #isOurs(): boolean {
    return isStatusOf(this.own('status') ?? '', this.#host.getpid());
  }

  #link(path: string): string | undefined {
    const n = this.#host.readlink(path, this.#buf);
    return n < 0 ? undefined : new TextDecoder().decode(this.#buf.u8.slice(0, n));
  }

  #text(path: string): string | undefined {
    const host = this.#host;
    const fd = host.open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return undefined;
    const decoder = new TextDecoder();
    let text = '';
    let n = host.read(fd, this.#buf, 0, PIECE);
    for (; n > 0; n = host.read(fd, this.#buf, 0, PIECE)) {
      text += decoder.decode(this.#buf.u8.slice(0, n), { stream: true });
    }
    host.close(fd);
    // A process that has ended meanwhile has no content: ESRCH.
    return n < 0 ? undefined : text + decoder.decode();
  }
}

/**
 * Whether /proc/self/status is of a /proc that shows our own pid namespace. Without a mount of its
 * own, as after `unshare --pid --fork`, its numbers mean other processes, so it must not be used.
 * @param pid the result of getpid
 */
export function isStatusOf(status: string, pid: number): boolean {
  // One number per pid namespace, from that of /proc down to ours. Linux before 4.1 lacks the line,
  // and its Pid line gives our number in the mount's namespace.
  const [, pids] = /^NSpid:\s*(.*)$/m.exec(status) ?? /^Pid:\s*(.*)$/m.exec(status) ?? [];
  return pids === String(pid);
}

export function parseStat(text: string): ProcessStat {
  // The name, in parentheses, may contain any characters.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, ppid, pgrp, session] = fields;
  return {
    state: state!,
    ppid: Number(ppid),
    pgrp: Number(pgrp),
    session: Number(session),
    cpuTicks: [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0),
  };
}
