import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import { EV } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { FailedWaits, isEpollUseless } from '../failed-waits.ts';
import type { AioHandler, ReadyList } from '../handler.ts';
import { Epoll } from './epoll.ts';
import type { FdMon, FdMonOwner } from './fdmon.ts';
import { OwnSleep } from './own-sleep.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;

/** Events that one epoll_wait takes; the rest comes in the next. The same number as QEMU's. */
const MAX_EVENTS = 128;

/**
 * Waits with epoll(7), whose cost does not grow with idle fds. If it refuses anything (a regular
 * file, an fd that was closed before its handler was removed), the context goes back to poll for
 * good. QEMU: fdmon-epoll.c.
 */
export class FdMonEpoll implements FdMon {
  readonly kind = 'epoll';
  readonly sourceFd: number;
  readonly #owner: FdMonOwner;
  readonly #trace: Tracer;
  readonly #fallback: FdMon;
  #epoll: Epoll | null;
  /** Null unless the epoll is a source, and there is an own record. */
  #sleep: OwnSleep | null = null;
  readonly #host: Host;
  readonly #found: AioHandler[] = [];
  readonly #order = new ReportOrder();
  readonly #failed = new FailedWaits();

  private constructor(owner: FdMonOwner, host: Host, trace: Tracer, fallback: FdMon, epoll: Epoll) {
    this.#owner = owner;
    this.#host = host;
    this.#trace = trace;
    this.#fallback = fallback;
    this.#epoll = epoll;
    this.sourceFd = owner.isSource ? epoll.fd : -1;
  }

  /**
   * An epoll that watches all handlers of the context; null if there is none, or it refuses one of
   * them. QEMU: fdmon_epoll_try_enable.
   */
  static create(owner: FdMonOwner, host: Host, trace: Tracer, fallback: FdMon): FdMonEpoll | null {
    // A main loop polls the epoll itself, which would not be readable for an edge that is latched.
    if (owner.isSource) owner.edges.begin(null);
    const edges = owner.isSource ? [] : [owner.edges];
    const epoll = Epoll.create(host, edges, owner.handlers);
    if (epoll === null) return null;
    // Newest first: those already ready then come in order of registration.
    for (const node of [...owner.handlers.values()].reverse()) {
      if (node.events === 0) continue;
      if (epoll.ctl(EPOLL_CTL_ADD, node) < 0) {
        epoll.close();
        return null;
      }
    }
    const fdmon = new FdMonEpoll(owner, host, trace, fallback, epoll);
    if (owner.own !== null) fdmon.addOwn(owner.own);
    return fdmon;
  }

  update(old: AioHandler | null, next: AioHandler | null): void {
    const node = (next ?? old)!;
    const op = next === null ? EPOLL_CTL_DEL : old === null ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    // For the kernel it is the same item, and keeps its place.
    if (op === EPOLL_CTL_MOD) node.reportSeq = old!.reportSeq;
    if (this.#epoll!.ctl(op, node) < 0) this.#owner.downgrade();
  }

  /**
   * If a main loop polls the epoll, the record stays outside: Node may watch that epoll, and each would
   * watch the other's. If the kernel refuses it, the context waits without it.
   */
  addOwn(record: AioHandler): void {
    if (!this.#owner.isSource) {
      this.#epoll!.addOwn(record);
      return;
    }
    this.#sleep = new OwnSleep(this.#host);
    this.#sleep.own = record;
  }

  removeOwn(record: AioHandler): void {
    if (!this.#owner.isSource) this.#epoll!.removeOwn(record);
    this.#sleep = null;
  }

  wait(ready: ReadyList, timeoutNs: number): number {
    if (this.#owner.externalDisableCount > 0) return this.#fallback.wait(ready, timeoutNs);
    const epoll = this.#epoll!;
    if (this.#trace.on[T_ENTER] !== 0) {
      this.#trace.emit(T_ENTER, 'epoll_wait', this.#owner.handlers.size, timeoutNs);
    }
    const ret = this.#wait(epoll, timeoutNs);
    if (this.#trace.on[T_RETURN] !== 0) {
      this.#trace.emit(T_RETURN, 'epoll_wait', ret, epoll.text(ret));
    }
    if (isEpollUseless(ret)) {
      this.#owner.downgrade();
      return this.#fallback.wait(ready, timeoutNs);
    }
    if (this.#failed.check(ret, 'epoll_wait') < 0) return ret;
    const found = this.#found;
    const count = epoll.collect(ret, found);
    this.#order.sort(found, count);
    for (let i = 0; i < count; i++) ready.add(found[i]!, found[i]!.revents);
    return count;
  }

  #wait(epoll: Epoll, timeoutNs: number): number {
    if (this.#sleep === null || timeoutNs === 0) return epoll.wait(MAX_EVENTS, timeoutNs);
    const slept = this.#sleep.sleep(epoll.fd, timeoutNs);
    return slept < 0 ? slept : epoll.wait(MAX_EVENTS, 0);
  }

  prepare(): void {}

  collect(ready: ReadyList): number {
    return this.wait(ready, 0);
  }

  close(): void {
    const epoll = this.#epoll;
    this.#epoll = null;
    epoll?.close();
  }
}

/**
 * The order in which a level-triggered epoll reports: first the fds that it reported last time, in
 * the same order, since it puts them back on its list; then the others in the order they became
 * ready. Edges come only in the latter order.
 *
 * If there are more than one epoll_wait takes (MAX_EVENTS), they come in the kernel's order.
 */
class ReportOrder {
  /** The number of the first report of the last wait. */
  #first = 1;
  #next = 1;

  /** Sorts the first `count`, in place. */
  sort(found: AioHandler[], count: number): void {
    const first = this.#first;
    this.#first = this.#next;
    if (count > 1 && count < MAX_EVENTS) {
      for (let i = 1; i < count; i++) {
        const handler = found[i]!;
        if (handler.reportSeq < first) continue;
        let at = i;
        while (
          at > 0 &&
          (found[at - 1]!.reportSeq < first || found[at - 1]!.reportSeq > handler.reportSeq)
        ) {
          found[at] = found[at - 1]!;
          at--;
        }
        found[at] = handler;
      }
    }
    for (let i = 0; i < count; i++) found[i]!.reportSeq = this.#next++;
  }
}
