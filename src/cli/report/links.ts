import { SIGCHLD } from '../../host/constants.ts';
import { BH_DELETED, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import type { TraceRecord } from '../../trace/read.ts';
import type { BigLock } from './big-lock.ts';
import type { Child } from './children.ts';
import { isCallback, type Slices } from './slices.ts';
import type { Threads } from './threads.ts';

/**
 * How the cause led to the effect: it did it, scheduled it, found it ready, woke the loop for it,
 * or gave it the lock; or both are links of the chain from a death to a reap.
 */
export type LinkKind = 'does' | 'schedules' | 'readies' | 'wakes' | 'gives' | 'chain';

/** A link from a cause to its effect. Both are events, or deaths of children: see deathNode. */
export interface Link {
  readonly from: number;
  readonly to: number;
  readonly kind: LinkKind;
}

/** Links, looked up by either end. */
export interface Links {
  readonly all: readonly Link[];
  causesOf(node: number): readonly Link[];
  effectsOf(node: number): readonly Link[];
}

/**
 * The node of a child's death. Deaths are not events of the loop, so their nodes follow the
 * last event.
 */
export function deathNode(events: readonly TraceRecord[], child: number): number {
  return events.length + child;
}

/** The facts that links are found by. */
type Parts = Slices & Threads & { readonly bql: BigLock; readonly exclusive: BigLock };

export function findLinks(
  events: readonly TraceRecord[],
  parts: Parts,
  children: readonly Child[],
): Links {
  const links = new LinkFinder(events, parts);
  events.forEach((_, i) => {
    links.event(i);
  });
  children.forEach((child, i) => {
    links.child(child, deathNode(events, i));
  });
  links.lock(parts.bql);
  links.lock(parts.exclusive);
  return index(links.found);
}

function index(all: readonly Link[]): Links {
  const causes = new Map<number, Link[]>();
  const effects = new Map<number, Link[]>();
  for (const link of all) {
    push(causes, link.to, link);
    push(effects, link.from, link);
  }
  const none: readonly Link[] = [];
  return {
    all,
    causesOf: (node) => causes.get(node) ?? none,
    effectsOf: (node) => effects.get(node) ?? none,
  };
}

function push(map: Map<number, Link[]>, key: number, link: Link): void {
  const links = map.get(key);
  if (links === undefined) map.set(key, [link]);
  else links.push(link);
}

/** The holds that a wait is linked to, at most. */
const MOST_HOLDS = 20;

class LinkFinder {
  readonly found: Link[] = [];
  readonly #events: readonly TraceRecord[];
  readonly #slices: Parts;
  /**
   * Callbacks that are scheduled, armed or ready, each with the event that made it so. The
   * callback's run removes it.
   */
  readonly #pending = new Map<string, number>();
  /** The writes of each thread's notifiers that have not ended its sleep yet. */
  readonly #wrote = new Map<number, number[]>();
  #record = -1;
  #lookup = -1;

  constructor(events: readonly TraceRecord[], slices: Parts) {
    this.#events = events;
    this.#slices = slices;
  }

  event(i: number): void {
    const { name, args } = this.#events[i]!;
    switch (name) {
      case 'poll_return':
        this.#pollReturned(i);
        return;
      case 'fd_handler_begin':
        this.#runs(`fd ${this.#threadOf(i)} ${args.fd}`, i, 'readies');
        return;
      case 'timer_mod':
        this.#done(i);
        this.#pending.set(`timer ${args.name} ${args.clock} ${args.expire_time}`, i);
        return;
      case 'timer_call_begin':
        this.#runs(`timer ${args.name} ${args.clock} ${args.expire_time}`, i, 'schedules');
        return;
      case 'aio_notify':
        this.#done(i);
        if (args.wrote === 1) this.#notified(i);
        return;
      case 'thread_pool_submit':
        this.#done(i);
        this.#pending.set(`request ${args.pool} ${args.req}`, i);
        return;
      case 'thread_pool_complete':
        this.#runs(`request ${args.pool} ${args.req}`, i, 'schedules');
        return;
      default:
        if (!this.#bottomHalf(i) && !this.#signal(i) && DONE.has(name)) this.#done(i);
    }
  }

  child(child: Child, death: number): void {
    if (child.deathNs === null) return;
    if (child.spawn >= 0) this.#link(child.spawn, death, 'chain');
    if (child.record >= 0) this.#link(death, child.record, 'chain');
    // Its SIGCHLD was merged with another child's.
    else if (child.reap >= 0) this.#link(death, child.reap, 'chain');
  }

  #bottomHalf(i: number): boolean {
    const { name, args } = this.#events[i]!;
    switch (name) {
      case 'aio_bh_enqueue': {
        this.#done(i);
        const flags = Number(args.flags);
        const bh = `bh ${args.ctx} ${args.bh}`;
        if ((flags & BH_DELETED) !== 0) this.#pending.delete(bh);
        else if ((flags & BH_SCHEDULED) !== 0 && !this.#pending.has(bh)) this.#pending.set(bh, i);
        return true;
      }
      case 'qemu_bh_cancel':
        this.#done(i);
        this.#pending.delete(`bh ${args.ctx} ${args.bh}`);
        return true;
      case 'aio_bh_call_begin':
        this.#runs(`bh ${args.ctx} ${args.bh}`, i, 'schedules');
        return true;
      case 'aio_co_schedule':
        this.#done(i);
        this.#pending.set(`co ${args.ctx} ${args.co}`, i);
        return true;
      case 'aio_co_schedule_bh_cb':
        this.#done(i);
        this.#runs(`co ${args.ctx} ${args.co}`, i, 'schedules');
        return true;
      default:
        return false;
    }
  }

  #signal(i: number): boolean {
    const { name, args } = this.#events[i]!;
    switch (name) {
      case 'signalfd_record':
        this.#done(i);
        this.#record = i;
        this.#lookup = -1;
        return true;
      case 'sigaction_lookup':
        this.#follow(this.#record, i, args.signo);
        this.#lookup = i;
        return true;
      case 'signal_handler_begin':
        this.#follow(this.#lookup >= 0 ? this.#lookup : this.#record, i, args.signo);
        return true;
      default:
        return false;
    }
  }

  #follow(from: number, to: number, signo: number | string | undefined): void {
    if (from < 0 || this.#events[from]!.args.signo !== signo) this.#done(to);
    else this.#link(from, to, signo === SIGCHLD ? 'chain' : 'does');
  }

  #pollReturned(i: number): void {
    const { args } = this.#events[i]!;
    if (Number(args.ret) <= 0) return;
    const thread = this.#threadOf(i);
    for (const fd of readyFds(args.ready)) this.#pending.set(`fd ${thread} ${fd}`, i);
    for (const write of this.#wrote.get(thread) ?? []) this.#link(write, i, 'wakes');
    this.#wrote.delete(thread);
  }

  #notified(i: number): void {
    const home = this.#slices.homes.get(String(this.#events[i]!.args.ctx)) ?? this.#threadOf(i);
    const writes = this.#wrote.get(home);
    if (writes === undefined) this.#wrote.set(home, [i]);
    else writes.push(i);
  }

  #threadOf(event: number): number {
    return this.#slices.threadOf[event]!;
  }

  /**
   * Links a wait to the holds that it is behind, and the end of the last one to the thread that
   * gets the lock then.
   */
  lock({ waits }: BigLock): void {
    for (const { begin, end, behind } of waits) {
      for (const hold of behind.slice(0, MOST_HOLDS)) {
        this.#link(hold.begin >= 0 ? hold.begin : hold.end, begin, 'does');
      }
      const last = behind.at(-1);
      if (end >= 0 && last !== undefined && last.end >= 0) this.#link(last.end, end, 'gives');
    }
  }

  /** Links the beginning of a callback to the event that asked for it. */
  #runs(key: string, i: number, kind: LinkKind): void {
    const from = this.#pending.get(key);
    if (from === undefined) return;
    this.#pending.delete(key);
    this.#link(from, i, kind);
  }

  /** Links an event to the callback that did it. */
  #done(i: number): void {
    const { slices, around } = this.#slices;
    let at = around[i]!;
    while (at >= 0 && (slices[at]!.begin === i || !isCallback(slices[at]!.kind))) {
      at = slices[at]!.parent;
    }
    if (at < 0) return;
    const { name } = this.#events[i]!;
    const chain = name === 'child_reap' || this.#isSigchld(slices[at]!.begin);
    this.#link(slices[at]!.begin, i, chain ? 'chain' : 'does');
  }

  #isSigchld(event: number): boolean {
    const { name, args } = this.#events[event]!;
    return name === 'signal_handler_begin' && args.signo === SIGCHLD;
  }

  #link(from: number, to: number, kind: LinkKind): void {
    this.found.push({ from, to, kind });
  }
}

/** Events that are done by the callback around them. */
const DONE: ReadonlySet<string> = new Set([
  'timer_del',
  'child_spawn',
  'child_status',
  'child_reap',
  'signalfd_read',
  'aio_set_fd_handler',
  'qemu_aio_coroutine_enter',
  'aio_poll_begin',
  'main_loop_wait_begin',
]);

/** The fds of a poll_return. */
export function readyFds(ready: number | string | undefined): number[] {
  return String(ready ?? '')
    .split(' ')
    .filter((fd) => fd !== '')
    .map(Number);
}

/** Most nodes that are followed from an event, in each direction. */
const MOST_NODES = 400;

/** The causes or effects of a node: the node itself first, then the nearest. */
export function follow(links: Links, node: number, to: 'causes' | 'effects'): number[] {
  const seen = new Set([node]);
  const order = [node];
  for (let i = 0; i < order.length && order.length < MOST_NODES; i++) {
    const next = to === 'causes' ? links.causesOf(order[i]!) : links.effectsOf(order[i]!);
    for (const link of next) {
      const other = to === 'causes' ? link.from : link.to;
      if (seen.has(other)) continue;
      seen.add(other);
      order.push(other);
    }
  }
  return order;
}
