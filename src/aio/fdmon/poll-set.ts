import { POLLFD_SIZE } from '../../host/constants.ts';
import type { Disposable, Host, HostBuffer } from '../../host/host.ts';
import { TRACEABLE } from '../../trace/traceable.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { isEpollUseless } from '../failed-waits.ts';
import type { AioHandler, PollRecord } from '../handler.ts';
import type { EdgeNotifiers } from './edges.ts';
import { EpollSet } from './epoll-set.ts';
import type { FdMonChoice, PollMechanism } from './fdmon.ts';
import { FirstLook } from './first-look.ts';
import { MemoryLook } from './memory-look.ts';
import { PollTrace } from './poll-trace.ts';
import { WakeSet } from './wake-set.ts';

/**
 * From this many fds on an epoll is cheaper than poll, whose cost grows with each fd. With an event
 * notifier it is cheaper from one fd on, since it saves a read.
 */
const EPOLL_FROM = 8;

/**
 * poll(2) over a set of handlers. Larger sets are in an epoll, so that idle fds cost nothing. The
 * reports are the same as poll's, except for the order of `ready`.
 *
 * If epoll cannot report what poll would, it is given up for good, and poll itself is called
 * however many fds there are:
 *  P1. a regular file, which poll always finds ready;
 *  P2. two handlers for one fd, from two contexts;
 *  P3. an fd that is closed while it is watched (reported by Host.onClose): poll returns POLLNVAL
 *      each time, epoll forgets it;
 *  P4. a kernel, or a filter, that does not allow waiting with it.
 */
export class PollSet {
  /** The handlers found by the last wait, in no order, with revents set; `readyCount` of them. */
  readonly ready: AioHandler[] = [];
  readyCount = 0;
  readonly #host: Host;
  readonly #trace: PollTrace;
  readonly #records = new Set<AioHandler>();
  readonly #edges: readonly EdgeNotifiers[];
  /** How many of the records can be watched by their edges. */
  #notifiers = 0;
  readonly #closeWatch: Disposable;
  /** The number of fds at which it changes to epoll; Infinity once epoll was given up. */
  #epollFrom: number;
  #epoll: EpollSet | null = null;
  #pollfds: HostBuffer;
  /** For callers that cannot block, if the records are in no epoll. */
  #wakeSet: WakeSet | null = null;
  /** Ends Node's wait for watchFd's descriptor; null while there is none. */
  #endNodeWait: (() => void) | null = null;
  #nodes: AioHandler[] = [];
  /** How many of them the first look covers. */
  #probed = 0;
  /** Whether anything has changed since the last refresh. */
  #stale = true;
  /** Whether the pollfds begin with the nodes, and those are the current records. */
  #filled = false;
  readonly #look: FirstLook;
  /** Looks at the nodes that a first look covers; null if the kernel must. */
  #memory: MemoryLook | null = null;

  /**
   * @param name its name in traces: a context's, or the main loop's
   * @param choice `poll`: never an epoll; `epoll`: one for any number of fds
   * @param edges of the contexts whose handlers it may hold
   */
  constructor(
    host: Host,
    trace: Tracer,
    name: string,
    choice: FdMonChoice,
    edges: readonly EdgeNotifiers[],
  ) {
    this.#host = host;
    this.#look = new FirstLook(host);
    this.#edges = edges;
    this.#trace = new PollTrace(trace, name);
    this.#epollFrom =
      choice === 'epoll' ? 1 : choice === 'poll' ? Number.POSITIVE_INFINITY : EPOLL_FROM;
    this.#pollfds = host.alloc(16 * POLLFD_SIZE);
    this.#closeWatch = host.onClose((fd) => this.#onClose(fd));
  }

  get mechanism(): PollMechanism {
    return this.#epoll === null ? 'poll' : 'epoll';
  }

  get size(): number {
    return this.#records.size;
  }

  add(record: AioHandler): void {
    this.#records.add(record);
    if (record.notifier !== null) this.#notifiers++;
    this.#changed();
    if (this.#epoll !== null && !this.#epoll.add(record)) this.#giveUpEpoll();
  }

  remove(record: AioHandler): void {
    if (this.#records.delete(record) && record.notifier !== null) this.#notifiers--;
    this.#changed();
    this.#epoll?.remove(record);
  }

  /**
   * Sleeps for timeoutNs at most (-1: for ever, 0: not at all). Fills `ready`, and the revents of
   * the extra records. Returns the number of fds, or -errno.
   * @param withRecords false to poll only the extra records
   */
  wait(timeoutNs: number, withRecords = true, extra: readonly PollRecord[] = NONE): number {
    this.readyCount = 0;
    if (!withRecords || extra.length > 0) return this.#waitWith(timeoutNs, withRecords, extra);
    if (this.#stale) this.#refresh();
    if (this.#epoll !== null) {
      const ret = this.#waitEpoll(this.#epoll, timeoutNs);
      if (!isEpollUseless(ret)) return ret;
      this.#giveUpEpoll();
      this.#refresh();
    }
    return this.#waitPoll(timeoutNs, this.#nodes.length, this.#probed, this.#nodes.length);
  }

  /** Prefers epoll from now on, whatever the number of fds, since only an epoll can be watched. */
  preferEpoll(): void {
    if (this.#epollFrom === EPOLL_FROM) this.#epollFrom = 1;
    this.#stale = true;
  }

  /**
   * A descriptor that is readable once a wait would find something; -1 if the wait must not sleep,
   * -2 if there is none, so that the caller has to look from time to time.
   * @param end called if a watched descriptor is closed, which epoll would not tell
   */
  watchFd(extra: readonly PollRecord[], end: () => void): number {
    this.#endNodeWait = end;
    if (this.#stale) this.#refresh();
    if (this.#epoll !== null && extra.length === 0) return this.#epoll.watchFd();
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]!.begin(null);
    this.#wakeSet ??= WakeSet.create(this.#host);
    return this.#wakeSet?.watchFd(this.#records, extra) ?? -2;
  }

  leaveNodeWait(): void {
    this.#endNodeWait = null;
  }

  /** Forgets whether looks before a sleep were of use. */
  forgetLooks(): void {
    this.#look.restart();
  }

  /** Closes the epoll; the next wait makes a new one. */
  release(): void {
    const epoll = this.#epoll;
    // Forgotten first: its own close is reported to us too, and its number may be a watched one.
    this.#epoll = null;
    this.#stale = true;
    epoll?.close();
  }

  close(): void {
    this.#closeWatch.dispose();
    this.#wakeSet?.close();
    this.release();
  }

  #changed(): void {
    this.#stale = true;
    this.#filled = false;
  }

  /** Applies the changes: to the epoll, or to the pollfds if poll must be used. */
  #refresh(): void {
    if (this.#epoll === null && this.#wantsEpoll()) this.#openEpoll();
    if (this.#epoll !== null && !this.#epoll.flush()) this.#giveUpEpoll();
    if (this.#epoll === null && !this.#filled) this.#fill();
    this.#stale = false;
  }

  #wantsEpoll(): boolean {
    if (this.#records.size >= this.#epollFrom) return true;
    return this.#notifiers > 0 && this.#epollFrom !== Number.POSITIVE_INFINITY;
  }

  #openEpoll(): void {
    const epoll = EpollSet.create(this.#host, this.#edges);
    this.#epoll = epoll;
    let ok = epoll !== null;
    for (const record of this.#records) ok = ok && epoll!.add(record);
    if (!ok) this.#giveUpEpoll();
    else this.#trace.switched('poll', 'epoll', this.#records.size);
  }

  #waitEpoll(epoll: EpollSet, timeoutNs: number): number {
    if (TRACEABLE && this.#trace.active)
      this.#trace.enter('epoll_wait', this.#records.size, timeoutNs);
    const ret = epoll.wait(timeoutNs);
    if (ret >= 0) this.readyCount = epoll.collect(ret, this.ready);
    if (TRACEABLE && this.#trace.active) this.#trace.epollReturn(epoll, ret);
    return ret < 0 ? ret : this.readyCount;
  }

  #waitWith(timeoutNs: number, withRecords: boolean, extra: readonly PollRecord[]): number {
    if (withRecords && !this.#filled) this.#fill();
    const known = withRecords ? this.#nodes.length : 0;
    const nfds = known + extra.length;
    this.#reserve(nfds);
    const words = this.#pollfds.i32;
    for (let i = 0; i < extra.length; i++) {
      words[2 * (known + i)] = extra[i]!.fd;
      words[2 * (known + i) + 1] = extra[i]!.events;
    }
    const ret = this.#waitPoll(timeoutNs, nfds, nfds, known);
    for (let i = 0; i < extra.length; i++) {
      extra[i]!.revents = ret > 0 ? words[2 * (known + i) + 1]! >>> 16 : 0;
    }
    // They may have overwritten the records' own.
    if (!withRecords) this.#changed();
    return ret;
  }

  /** @param probed how many of the nfds the first look covers; `known` are the nodes */
  #waitPoll(timeoutNs: number, nfds: number, probed: number, known: number): number {
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]!.begin(null);
    if (TRACEABLE && this.#trace.active) this.#trace.enter('ppoll', nfds, timeoutNs);
    const ret = this.#pollFds(nfds, probed, known, timeoutNs);
    if (TRACEABLE && this.#trace.active) this.#trace.pollReturn(this.#pollfds, nfds, ret);
    const words = this.#pollfds.i32;
    const nodes = this.#nodes;
    for (let i = 0, left = ret; left > 0 && i < known; i++) {
      const revents = words[2 * i + 1]! >>> 16;
      if (revents === 0) continue;
      left--;
      nodes[i]!.revents = revents;
      this.ready[this.readyCount++] = nodes[i]!;
    }
    return ret;
  }

  #pollFds(nfds: number, probed: number, known: number, timeoutNs: number): number {
    const isQuiet = this.#isOwnQuiet();
    const memory = this.#memory;
    if (memory !== null && isQuiet && nfds === known) {
      const found = memory.poll(this.#pollfds.i32);
      return found > 0 || timeoutNs === 0 ? found : this.#host.poll(this.#pollfds, nfds, timeoutNs);
    }
    return this.#look.poll(this.#pollfds, nfds, isQuiet ? probed : nfds, timeoutNs);
  }

  /** Whether no context's own notifier was written: while awake none is, so a look skips them. */
  #isOwnQuiet(): boolean {
    for (let i = this.#probed; i < this.#nodes.length; i++) {
      if (!this.#nodes[i]!.owner.sleeper.isQuiet) return false;
    }
    return true;
  }

  /** Makes the pollfds anew. The contexts' own notifiers come last. */
  #fill(): void {
    const others = [...this.#records].filter((record) => !record.isOwnNotifier);
    this.#nodes = [...others, ...[...this.#records].filter((record) => record.isOwnNotifier)];
    // Polling nothing would tell nothing.
    this.#probed = others.length > 0 ? others.length : this.#nodes.length;
    this.#memory = MemoryLook.of(others, this.#host);
    this.#reserve(this.#nodes.length);
    const words = this.#pollfds.i32;
    for (let i = 0; i < this.#nodes.length; i++) {
      words[2 * i] = this.#nodes[i]!.fd;
      words[2 * i + 1] = this.#nodes[i]!.events;
    }
    this.#filled = true;
  }

  #reserve(nfds: number): void {
    if (nfds * POLLFD_SIZE <= this.#pollfds.size) return;
    const old = this.#pollfds;
    this.#pollfds = this.#host.alloc(2 * nfds * POLLFD_SIZE);
    this.#pollfds.u8.set(old.u8);
  }

  #giveUpEpoll(): void {
    this.release();
    if (this.#epollFrom === Number.POSITIVE_INFINITY) return;
    this.#epollFrom = Number.POSITIVE_INFINITY;
    this.#trace.switched('epoll', 'poll', this.#records.size);
  }

  /** P3. */
  #onClose(fd: number): void {
    const isLost = this.#wakeSet?.closed(fd) ?? false;
    const gaveUp = this.#epoll !== null && !this.#epoll.closed(fd);
    if (gaveUp) this.#giveUpEpoll();
    if (isLost || gaveUp) this.#endNodeWait?.();
  }
}

const NONE: readonly PollRecord[] = [];
