import type { AioContext } from '../aio/aio-context.ts';
import type { FdMonChoice, FdMonKind } from '../aio/fdmon.ts';
import type { AioHandler, PollRecord, PollSink } from '../aio/handler.ts';
import { epollText, pollfdsText } from '../aio/ready-text.ts';
import type { Disposable, Host, HostBuffer } from '../host/host.ts';
import { EV } from '../trace/catalogue.ts';
import type { Tracer } from '../trace/tracer.ts';
import { EpollSet } from './epoll-set.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;
const T_SWITCH = EV.fdmon_switch;

/** The main loop changes to epoll with this many fds. */
const EPOLL_THRESHOLD = 64;
/** The id under which traces know the main loop's own monitor. */
const MAIN_LOOP_ID = 0;

/**
 * The one poll of a main loop, over the fds of all its contexts. QEMU and GLib
 * call ppoll with all of them each time; here that is so up to 63 fds, and from
 * 64 on an epoll holds them, so that idle fds cost nothing. What happens is the
 * same: a context dispatches by order of registration, whatever order its fds
 * were found in, and whenever epoll cannot say what poll would (a regular file,
 * one fd in both contexts, an fd that was closed while it is watched, which poll
 * reports as POLLNVAL each time) the loop goes back to ppoll for good.
 */
export class MainPoll implements PollSink {
  readonly #host: Host;
  readonly #trace: Tracer;
  readonly #contexts: AioContext[] = [];
  readonly #records = new Set<AioHandler>();
  readonly #closeWatch: Disposable;
  #threshold: number;
  #epoll: EpollSet | null = null;
  #buffer: HostBuffer;
  #nodes: AioHandler[] = [];
  #stale = true;

  constructor(host: Host, trace: Tracer, choice: FdMonChoice) {
    this.#host = host;
    this.#trace = trace;
    this.#threshold =
      choice === 'auto' ? EPOLL_THRESHOLD : choice === 'epoll' ? 1 : Number.POSITIVE_INFINITY;
    this.#buffer = host.alloc(16 * 8);
    this.#closeWatch = host.onClose((fd) => this.#onClose(fd));
  }

  get kind(): FdMonKind {
    return this.#epoll === null ? 'poll' : 'epoll';
  }

  /** How many fds are watched. */
  get size(): number {
    return this.#records.size;
  }

  addContext(ctx: AioContext): Disposable {
    this.#contexts.push(ctx);
    return ctx.attachTo(this);
  }

  addPoll(record: AioHandler): void {
    this.#records.add(record);
    this.#stale = true;
    if (this.#epoll !== null && !this.#epoll.add(record)) this.#downgrade();
  }

  removePoll(record: AioHandler): void {
    this.#records.delete(record);
    this.#stale = true;
    this.#epoll?.remove(record);
  }

  /**
   * Sleeps for timeoutNs at most and hands what is ready to the contexts, and
   * into the revents of the extra records. Returns how many fds, or -errno.
   * @param withContexts whether the contexts' fds are polled at all
   */
  wait(withContexts: boolean, extra: readonly PollRecord[], timeoutNs: number): number {
    for (let i = 0; i < this.#contexts.length; i++) this.#contexts[i]!.clearRevents();
    if (this.#epoll === null && this.#records.size >= this.#threshold) this.#upgrade();
    if (this.#epoll !== null && !this.#epoll.flush()) this.#downgrade();
    if (this.#epoll !== null && withContexts && extra.length === 0) {
      return this.#waitEpoll(this.#epoll, timeoutNs);
    }
    return this.#waitPoll(withContexts, extra, timeoutNs);
  }

  close(): void {
    this.#closeWatch.dispose();
    this.#epoll?.close();
    this.#epoll = null;
  }

  #waitPoll(withContexts: boolean, extra: readonly PollRecord[], timeoutNs: number): number {
    const known = withContexts ? this.#fill() : 0;
    const nfds = known + this.#fillExtra(extra, known);
    if (this.#trace.on[T_ENTER] !== 0) this.#trace.emit(T_ENTER, 'ppoll', nfds, timeoutNs);
    const ret = this.#host.poll(this.#buffer, nfds, timeoutNs);
    if (this.#trace.on[T_RETURN] !== 0) {
      this.#trace.emit(T_RETURN, 'ppoll', ret, pollfdsText(this.#buffer, nfds, ret));
    }
    const words = this.#buffer.i32;
    for (let i = 0, left = ret; left > 0 && i < known; i++) {
      const revents = words[2 * i + 1]! >>> 16;
      if (revents !== 0) {
        left--;
        const node = this.#nodes[i]!;
        node.owner.setRevents(node, revents);
      }
    }
    for (let i = 0; i < extra.length; i++) {
      extra[i]!.revents = ret > 0 ? words[2 * (known + i) + 1]! >>> 16 : 0;
    }
    return ret;
  }

  #waitEpoll(epoll: EpollSet, timeoutNs: number): number {
    if (this.#trace.on[T_ENTER] !== 0) {
      this.#trace.emit(T_ENTER, 'epoll_wait', this.#records.size, timeoutNs);
    }
    const ret = epoll.wait(timeoutNs);
    if (this.#trace.on[T_RETURN] !== 0) {
      const { epollStride, epollDataWord } = this.#host;
      this.#trace.emit(
        T_RETURN,
        'epoll_wait',
        ret,
        epollText(epoll.events, ret, epollStride, epollDataWord),
      );
    }
    return ret;
  }

  /** Makes the pollfds anew where a handler has changed; returns how many there are. */
  #fill(): number {
    if (!this.#stale) return this.#nodes.length;
    this.#nodes = [...this.#records];
    this.#reserve(this.#nodes.length);
    const words = this.#buffer.i32;
    for (let i = 0; i < this.#nodes.length; i++) {
      words[2 * i] = this.#nodes[i]!.fd;
      words[2 * i + 1] = this.#nodes[i]!.events;
    }
    this.#stale = false;
    return this.#nodes.length;
  }

  #fillExtra(extra: readonly PollRecord[], from: number): number {
    if (extra.length === 0) return 0;
    this.#reserve(from + extra.length);
    for (let i = 0; i < extra.length; i++) {
      this.#buffer.i32[2 * (from + i)] = extra[i]!.fd;
      this.#buffer.i32[2 * (from + i) + 1] = extra[i]!.events;
    }
    // Without the contexts' fds, the extra ones have overwritten theirs.
    if (from < this.#nodes.length) this.#stale = true;
    return extra.length;
  }

  #reserve(nfds: number): void {
    if (nfds * 8 <= this.#buffer.size) return;
    const old = this.#buffer;
    this.#buffer = this.#host.alloc(2 * nfds * 8);
    this.#buffer.u8.set(old.u8);
  }

  #upgrade(): void {
    this.#epoll = EpollSet.create(this.#host, this.#records);
    if (this.#epoll === null) this.#threshold = Number.POSITIVE_INFINITY;
    else this.#traceSwitch('poll', 'epoll');
  }

  #downgrade(): void {
    this.#epoll?.close();
    this.#epoll = null;
    this.#threshold = Number.POSITIVE_INFINITY;
    this.#traceSwitch('epoll', 'poll');
  }

  #traceSwitch(from: FdMonKind, to: FdMonKind): void {
    if (this.#trace.on[T_SWITCH] !== 0) {
      this.#trace.emit(T_SWITCH, MAIN_LOOP_ID, from, to, this.#records.size);
    }
  }

  #onClose(fd: number): void {
    if (this.#epoll !== null && !this.#epoll.closed(fd)) this.#downgrade();
  }
}
