import type { Host } from '../../host/host.ts';
import { EV } from '../../trace/catalogue.ts';
import type { Tracer } from '../../trace/tracer.ts';
import type { AioHandler, HandlerOwner, ReadyList } from '../handler.ts';
import type { Profile } from '../profile.ts';
import type { OwnRecords } from '../worker-end.ts';
import type { EdgeNotifiers } from './edges.ts';
import type { CollectingMonitors, FdMon, FdMonChoice, FdMonKind, FdMonOwner } from './fdmon.ts';
import { FdMonEpoll } from './fdmon-epoll.ts';
import { FdMonPoll } from './fdmon-poll.ts';
import { FdMonUring } from './fdmon-uring.ts';
import { SourceFd } from './source-fd.ts';

const T_SWITCH = EV.fdmon_switch;

/**
 * aio_poll changes to epoll with this many fds, including its own notifier's. QEMU:
 * EPOLL_ENABLE_THRESHOLD.
 */
const EPOLL_ENABLE_THRESHOLD = 64;

const UPGRADE_FROM: Readonly<Record<FdMonChoice, number>> = {
  auto: EPOLL_ENABLE_THRESHOLD,
  epoll: 1,
  poll: Number.POSITIVE_INFINITY,
  io_uring: Number.POSITIVE_INFINITY,
};

/** The parts of their context that the monitors need. */
export interface MonitoredContext {
  readonly name: string;
  readonly trace: Tracer;
  readonly externalDisableCount: number;
  readonly edges: EdgeNotifiers;
  readonly handlers: ReadonlyMap<number, AioHandler>;
  readonly isNested: boolean;
  readonly sleeper: HandlerOwner['sleeper'] & { writesAlways: boolean };
  readonly profile: Profile;
  /** From now on a record stands for all handlers in a main loop's poll; null: each for itself. */
  represent(record: AioHandler | null): void;
}

/**
 * The fd monitor of a context, and its changes: poll first, epoll with many fds, and poll again,
 * for good, once epoll has failed.
 */
export class FdMonitors implements FdMonOwner, CollectingMonitors, OwnRecords {
  readonly #ctx: MonitoredContext;
  readonly #host: Host;
  readonly #poll: FdMonPoll;
  #current: FdMon;
  /** The descriptor that stands for all handlers in a main loop's poll; null if each is polled. */
  #source: SourceFd | null = null;
  /** Infinity once epoll has failed. */
  upgradeFrom: number;
  own: AioHandler | null = null;
  /** The monitor, if it is io_uring, which it stays. */
  readonly uring: FdMonUring | null = null;

  constructor(ctx: MonitoredContext, host: Host, choice: FdMonChoice) {
    this.#ctx = ctx;
    this.#host = host;
    this.upgradeFrom = UPGRADE_FROM[choice];
    this.#poll = new FdMonPoll(this, host, ctx.trace, choice);
    this.#current = this.#poll;
    if (choice !== 'io_uring') return;
    this.uring = new FdMonUring(host, ctx.trace);
    // The kernel's order of completions decides when the notifier's handler is called.
    ctx.sleeper.writesAlways = true;
    this.#use(this.uring);
  }

  get kind(): FdMonKind {
    return this.#current.kind;
  }

  get name(): string {
    return this.#ctx.name;
  }

  get externalDisableCount(): number {
    return this.#ctx.externalDisableCount;
  }

  get handlers(): ReadonlyMap<number, AioHandler> {
    return this.#ctx.handlers;
  }

  get edges(): EdgeNotifiers {
    return this.#ctx.edges;
  }

  /** A handler was added, replaced, or removed. */
  update(old: AioHandler | null, next: AioHandler | null): void {
    if (this.uring === null) this.#poll.update(old, next);
    if (this.#current !== this.#poll) this.#current.update(old, next);
  }

  /** Infinity stays. Handlers alone decide when it changes to epoll. */
  addOwn(record: AioHandler): void {
    this.own = record;
    this.upgradeFrom++;
    this.#poll.addOwn(record);
    if (this.#current !== this.#poll) this.#current.addOwn(record);
  }

  removeOwn(record: AioHandler): void {
    this.own = null;
    this.upgradeFrom--;
    this.#poll.removeOwn(record);
    if (this.#current !== this.#poll) this.#current.removeOwn(record);
  }

  wait(ready: ReadyList, timeoutNs: number): number {
    return this.#current.wait(ready, timeoutNs);
  }

  upgrade(): FdMon | null {
    // QEMU changes only while no outer walk over the handlers is under way.
    if (this.externalDisableCount > 0 || this.#ctx.isNested) return null;
    this.#ctx.sleeper.writesAlways = true;
    const epoll = FdMonEpoll.create(this, this.#host, this.#ctx.trace, this.#poll);
    if (epoll === null) {
      this.upgradeFrom = Number.POSITIVE_INFINITY;
      this.#ctx.sleeper.writesAlways = false;
    } else {
      this.#switchTo(epoll);
    }
    return epoll;
  }

  downgrade(): void {
    this.upgradeFrom = Number.POSITIVE_INFINITY;
    const old = this.#current;
    this.#switchTo(this.#poll);
    this.#ctx.sleeper.writesAlways = false;
    if (old !== this.#poll) old.close();
  }

  get isSource(): boolean {
    return this.#ctx.profile.dispatch === 'collect';
  }

  get isPolledSingly(): boolean {
    return this.#source === null;
  }

  get isSourceReady(): boolean {
    return this.#source?.isReady === true;
  }

  prepareSource(): void {
    this.#current.prepare();
  }

  clearSource(): void {
    if (this.#source !== null) this.#source.isReady = false;
  }

  collect(ready: ReadyList): void {
    this.#current.collect(ready);
  }

  close(): void {
    if (this.#current !== this.#poll) this.#current.close();
    this.#poll.close();
  }

  #switchTo(fdmon: FdMon): void {
    const from = this.#current.kind;
    this.#use(fdmon);
    const { trace, name, handlers } = this.#ctx;
    if (trace.on[T_SWITCH] !== 0) trace.emit(T_SWITCH, name, from, fdmon.kind, handlers.size);
  }

  #use(fdmon: FdMon): void {
    this.#current = fdmon;
    this.#source = fdmon.sourceFd < 0 ? null : new SourceFd(fdmon, this.#ctx);
    if (this.isSource) this.#ctx.represent(this.#source?.record ?? null);
  }
}
