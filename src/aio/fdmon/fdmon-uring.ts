import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../host/constants.ts';
import { HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { PollRing } from '../../host/poll-ring.ts';
import { EV } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { FailedWaits } from '../failed-waits.ts';
import type { AioHandler, ReadyList } from '../handler.ts';
import type { FdMon } from './fdmon.ts';
import { OwnSleep } from './own-sleep.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;

/** Entries of the submission ring, as QEMU's; the completion ring has twice as many. */
const ENTRIES = 128;
const EVENTS = POLLIN | POLLOUT | POLLERR | POLLHUP;

/** Changes of a handler that are not in the submission ring yet. */
const ADD = 1;
const REMOVE = 2;

/**
 * Waits with io_uring: each handler has a one-shot poll request, armed anew once it has completed. A
 * completion stays, even if the file is not ready any more. QEMU: fdmon_io_uring_setup.
 *
 * Invariants:
 *  U1. A handler has at most one request that has not completed, except if a full submission ring was
 *      submitted while completions were gone through: then it may be called once more.
 *  U2. The completion of a removed handler calls nothing, whether it came before the removal or after.
 */
export class FdMonUring implements FdMon {
  readonly kind = 'io_uring';
  readonly #trace: Tracer;
  readonly #ring: PollRing;
  readonly #sleep: OwnSleep;
  readonly #handlers = new Map<number, AioHandler>();
  /** The changes of each handler, by its token. */
  readonly #changes = new Map<number, number>();
  /** The tokens with changes; the last comes first. */
  readonly #changed: number[] = [];
  readonly #failed = new FailedWaits();

  /** @throws HostError if there is no io_uring, or no descriptor for it */
  constructor(host: Host, trace: Tracer) {
    const ring = host.openPollRing(ENTRIES);
    if (typeof ring === 'number') {
      throw new HostError(-ring, "io_uring_setup: leave out fdmon 'io_uring', 'auto' does without");
    }
    this.#trace = trace;
    this.#ring = ring;
    this.#sleep = new OwnSleep(host);
  }

  readonly hasEvents = (): boolean => this.#ring.ready > 0;

  get sourceFd(): number {
    return this.#ring.fd;
  }

  /** QEMU: fdmon_io_uring_update. */
  update(old: AioHandler | null, next: AioHandler | null): void {
    if (next !== null) {
      this.#handlers.set(next.token, next);
      this.#change(next.token, ADD);
    }
    if (old !== null) this.#change(old.token, REMOVE);
  }

  /** It only ends the sleep. */
  addOwn(record: AioHandler): void {
    this.#sleep.own = record;
  }

  removeOwn(_record: AioHandler): void {
    this.#sleep.own = null;
  }

  #change(token: number, what: number): void {
    const before = this.#changes.get(token) ?? 0;
    this.#changes.set(token, before | what);
    if (before === 0) this.#changed.push(token);
  }

  /**
   * Whether a look at the kernel may find something, or tells it something. QEMU:
   * fdmon_io_uring_need_wait.
   */
  get needsWait(): boolean {
    return this.#ring.ready > 0 || this.#ring.queued > 0 || this.#changed.length > 0;
  }

  /** Submits what is to be submitted. */
  prepare(): void {
    for (let token = this.#changed.pop(); token !== undefined; token = this.#changed.pop()) {
      const what = this.#changes.get(token)!;
      this.#changes.delete(token);
      const handler = this.#handlers.get(token);
      if (handler === undefined) continue;
      if ((what & ADD) !== 0) this.#ring.add(handler.fd, handler.events, token);
      if ((what & REMOVE) !== 0) this.#ring.remove(token);
    }
    this.#failed.check(this.#ring.submit(), 'io_uring_enter');
  }

  /** QEMU: fdmon_io_uring_wait. */
  wait(ready: ReadyList, timeoutNs: number): number {
    this.prepare();
    if (this.#trace.on[T_ENTER] !== 0) {
      this.#trace.emit(T_ENTER, 'io_uring_enter', this.#handlers.size, timeoutNs);
    }
    if (this.#ring.ready === 0 && timeoutNs !== 0) {
      this.#failed.check(this.#sleep.sleep(this.#ring.fd, timeoutNs), 'poll');
    }
    const count = this.collect(ready);
    if (this.#trace.on[T_RETURN] !== 0) this.#trace.emit(T_RETURN, 'io_uring_enter', count, '');
    return count;
  }

  /** Takes all completions. Those that come meanwhile are among them. */
  collect(ready: ReadyList): number {
    const ring = this.#ring;
    let count = 0;
    let at = 0;
    for (; at < ring.ready; at++) {
      const token = ring.data(at);
      const handler = this.#handlers.get(token);
      if (handler === undefined) continue;
      // U2.
      if (handler.deleted) {
        this.#handlers.delete(token);
        continue;
      }
      ready.add(handler, ring.result(at) & EVENTS);
      count++;
      ring.add(handler.fd, handler.events, token);
    }
    ring.seen(at);
    return count;
  }

  close(): void {
    this.#ring.close();
  }
}
