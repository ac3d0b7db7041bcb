import { POLLFD_SIZE } from '../../host/constants.ts';
import type { Disposable, Host, HostBuffer } from '../../host/host.ts';
import { EV } from '../../trace/catalogue.ts';
import { TRACEABLE } from '../../trace/traceable.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { isEpollUseless } from '../failed-waits.ts';
import type { AioHandler, PollRecord } from '../handler.ts';
import type { EdgeNotifiers } from './edges.ts';
import { EpollSet } from './epoll-set.ts';
import type { FdMonChoice, PollMechanism } from './fdmon.ts';
import { pollfdsText } from './ready-text.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;
const T_SWITCH = EV.fdmon_switch;

/**
 * From this many fds on an epoll is cheaper than poll, whose cost grows with each fd. With an event
 * notifier it is cheaper from one fd on, since it saves a read.
 */
const EPOLL_FROM = 8;
/** The most waits without a first look, after looks that found nothing. */
const MAX_SKIPPED_LOOKS = 63;

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
  readonly #trace: Tracer;
  /** Its name in traces: a context's, or the main loop's. */
  readonly #name: string;
  readonly #records = new Set<AioHandler>();
  readonly #edges: readonly EdgeNotifiers[];
  /** How many of the records can be watched by their edges. */
  #notifiers = 0;
  readonly #closeWatch: Disposable;
  /** The number of fds at which it changes to epoll; Infinity once epoll was given up. */
  #epollFrom: number;
  #epoll: EpollSet | null = null;
  #pollfds: HostBuffer;
  #nodes: AioHandler[] = [];
  /** How many of them the first look covers. */
  #probed = 0;
  /** Whether anything has changed since the last refresh. */
  #stale = true;
  /** Whether the pollfds begin with the nodes, and those are the current records. */
  #filled = false;
  /** Waits without a first look still to come, and how many the last miss caused. */
  #skip = 0;
  #penalty = 0;

  /**
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
    this.#edges = edges;
    this.#trace = trace;
    this.#name = name;
    this.#epollFrom =
      choice === 'auto' ? EPOLL_FROM : choice === 'epoll' ? 1 : Number.POSITIVE_INFINITY;
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
    else this.#traceSwitch('poll', 'epoll');
  }

  #waitEpoll(epoll: EpollSet, timeoutNs: number): number {
    if (TRACEABLE && this.#trace.active)
      this.#traceEnter('epoll_wait', this.#records.size, timeoutNs);
    const ret = epoll.wait(timeoutNs);
    if (ret >= 0) this.readyCount = epoll.collect(ret, this.ready);
    if (TRACEABLE && this.#trace.active) this.#traceEpollReturn(epoll, ret);
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

  /**
   * @param looked how many of the nfds the first look covers
   * @param known how many of them are the nodes
   */
  #waitPoll(timeoutNs: number, nfds: number, probed: number, known: number): number {
    for (let i = 0; i < this.#edges.length; i++) this.#edges[i]!.begin(null);
    if (TRACEABLE && this.#trace.active) this.#traceEnter('ppoll', nfds, timeoutNs);
    const ret = this.#look(nfds, this.#isOwnQuiet() ? probed : nfds, timeoutNs);
    if (TRACEABLE && this.#trace.active) this.#tracePollReturn(nfds, ret);
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

  /**
   * A poll with a timeout first queues itself on every fd, which makes it cost half as much again
   * as a look without one. A busy loop therefore looks first; one that mostly sleeps does so at
   * fewer and fewer of its waits, since for it the look is wasted.
   */
  #look(nfds: number, probed: number, timeoutNs: number): number {
    if (timeoutNs !== 0 && this.#skip > 0) {
      this.#skip--;
      return this.#host.poll(this.#pollfds, nfds, timeoutNs);
    }
    const ret = this.#host.poll(this.#pollfds, probed, 0);
    if (ret !== 0 || timeoutNs === 0) {
      this.#penalty = 0;
      return ret;
    }
    this.#penalty = Math.min(2 * this.#penalty + 1, MAX_SKIPPED_LOOKS);
    this.#skip = this.#penalty;
    return this.#host.poll(this.#pollfds, nfds, timeoutNs);
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
    this.#traceSwitch('epoll', 'poll');
  }

  #traceEnter(call: string, nfds: number, timeoutNs: number): void {
    if (this.#trace.on[T_ENTER] !== 0) this.#trace.emit(T_ENTER, call, nfds, timeoutNs);
  }

  #traceEpollReturn(epoll: EpollSet, ret: number): void {
    if (this.#trace.on[T_RETURN] === 0) return;
    this.#trace.emit(T_RETURN, 'epoll_wait', ret, epoll.text(ret));
  }

  #tracePollReturn(nfds: number, ret: number): void {
    if (this.#trace.on[T_RETURN] === 0) return;
    this.#trace.emit(T_RETURN, 'ppoll', ret, pollfdsText(this.#pollfds, nfds, ret));
  }

  #traceSwitch(from: PollMechanism, to: PollMechanism): void {
    if (this.#trace.on[T_SWITCH] !== 0) {
      this.#trace.emit(T_SWITCH, this.#name, from, to, this.#records.size);
    }
  }

  /** P3. */
  #onClose(fd: number): void {
    if (this.#epoll !== null && !this.#epoll.closed(fd)) this.#giveUpEpoll();
  }
}

const NONE: readonly PollRecord[] = [];
