/**
 * The machine at each event of a trace, as far as the trace tells: what is on bh_list, which
 * handlers and timers there are, which children live. A run that is recorded or real has no other.
 */

import { BH_PENDING, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import type { EventName } from '../../trace/catalogue.ts';
import type { TraceRecord } from '../../trace/read.ts';
import type { Facts } from './facts.ts';
import type { ContextFrame, Frame, ProcessFrame, TimerFrame } from './frame.ts';
import { readyFds } from './links.ts';
import { Phases } from './phases.ts';

interface Half {
  readonly name: string;
  flags: number;
}

interface Handler {
  readonly name: string;
  readonly events: number;
}

class Context {
  readonly halves = new Map<number, Half>();
  /** Ids of bottom halves, the head first. */
  list: number[] = [];
  slices: number[][] = [];
  readonly fds = new Map<number, Handler>();
  /** Null until an event tells. */
  notified: boolean | null = null;

  enqueue(args: Args): void {
    const bh = Number(args.bh);
    this.halves.set(bh, { name: String(args.name), flags: Number(args.flags) });
    if ((Number(args.old_flags) & BH_PENDING) === 0) this.list.unshift(bh);
  }

  cancel(bh: number): void {
    const half = this.halves.get(bh);
    if (half !== undefined) half.flags &= ~BH_SCHEDULED;
  }

  /** @param depth how many rounds are under way */
  detach(depth: number): void {
    this.slices = depth === 0 ? [this.list] : [...this.slices, this.list];
    this.list = [];
  }

  watch(args: Args): void {
    const events = Number(args.events);
    if (events === 0) this.fds.delete(Number(args.fd));
    else this.fds.set(Number(args.fd), { name: String(args.name), events });
  }

  /** Those before it in its slice were not to be called. */
  call(bh: number, flags: number): void {
    const half = this.halves.get(bh);
    if (half !== undefined) half.flags = flags & ~(BH_PENDING | BH_SCHEDULED);
    const slice = this.slices.findIndex((ids) => ids.includes(bh));
    if (slice < 0) return;
    const ids = this.slices[slice]!;
    this.slices = [ids.slice(ids.indexOf(bh) + 1), ...this.slices.slice(slice + 1)];
  }

  /**
   * aio_bh_poll is over, an event that the trace does not have. Even a nested one empties the slices
   * of all: what is left there was cancelled, deleted, or is idle.
   */
  endRounds(): void {
    this.slices = [];
  }

  frame(name: string, ready: ReadonlySet<number>): ContextFrame {
    const nameOf = (bh: number): string => this.halves.get(bh)?.name ?? '';
    return {
      name,
      notifyMe: null,
      notified: this.notified,
      kept: null,
      slices: this.slices.filter((ids) => ids.length > 0).map((ids) => ids.map(nameOf)),
      list: this.list.map(nameOf),
      halves: [...this.halves.values()].map((half) => ({ ...half })),
      fds: [...this.fds].map(([fd, { name: handler, events }]) => ({
        fd,
        name: handler,
        events,
        ready: ready.has(fd) ? events : 0,
        amount: 0,
      })),
    };
  }
}

/** The machine between two events. */
class State {
  readonly contexts: Map<string, Context>;
  readonly timers = new Map<string, { readonly clock: string; readonly thread: number }>();
  /** The names of living children and zombies. */
  readonly children = new Map<number, string>();
  /** The fds that the last poll of each thread returned, until their handlers are called. */
  readonly ready: Set<number>[];
  readonly phases = new Phases();
  mechanism = 'poll';

  constructor({ homes, threads }: Facts) {
    this.contexts = new Map([...homes.keys()].map((name) => [name, new Context()]));
    this.ready = threads.map(() => new Set());
  }

  context({ ctx }: Args): Context {
    const name = String(ctx);
    let context = this.contexts.get(name);
    if (context === undefined) {
      context = new Context();
      this.contexts.set(name, context);
    }
    return context;
  }
}

type Args = TraceRecord['args'];

/** How an event changes the machine. */
const CHANGES: Partial<Record<EventName, (state: State, args: Args, thread: number) => void>> = {
  aio_bh_enqueue: (state, args) => state.context(args).enqueue(args),
  qemu_bh_cancel: (state, args) => state.context(args).cancel(Number(args.bh)),
  aio_bh_poll: (state, args) => state.context(args).detach(Number(args.depth)),
  aio_bh_call_begin: (state, args) => state.context(args).call(Number(args.bh), Number(args.flags)),
  aio_poll_end: (state, args) => state.context(args).endRounds(),
  main_loop_wait_end: ({ contexts }) => {
    for (const context of contexts.values()) context.endRounds();
  },
  aio_notify: (state, args) => {
    state.context(args).notified = true;
  },
  aio_notify_accept: (state, args) => {
    state.context(args).notified = false;
  },
  aio_set_fd_handler: (state, args) => state.context(args).watch(args),
  poll_enter: (state, { call }) => {
    state.mechanism = call === 'epoll_wait' ? 'epoll' : 'poll';
  },
  poll_return: ({ ready }, args, thread) => {
    ready[thread] = new Set(Number(args.ret) > 0 ? readyFds(args.ready) : []);
  },
  fd_handler_begin: (state, args, thread) => {
    state.ready[thread]!.delete(Number(args.fd));
    state.context(args).endRounds();
  },
  timer_mod: ({ timers }, { name, clock }, thread) => {
    timers.delete(String(name));
    timers.set(String(name), { clock: String(clock), thread });
  },
  timer_del: ({ timers }, { name }) => void timers.delete(String(name)),
  timer_call_begin: ({ timers }, { name }) => void timers.delete(String(name)),
  child_spawn: ({ children }, { pid, name }) => void children.set(Number(pid), String(name)),
  child_reap: ({ children }, { pid }) => void children.delete(Number(pid)),
};

/** The machine of a trace. It goes from event to event; back means from the start again. */
export class TraceMachine {
  readonly #facts: Facts;
  #state: State;
  #next = 0;

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#state = new State(facts);
  }

  /** The iteration of the event that was asked for last; 0 before the first. */
  get iteration(): number {
    return this.#state.phases.iteration;
  }

  /** The phase of the event that was asked for last; empty between two iterations. */
  get phase(): string {
    return this.#state.phases.phase;
  }

  /** The machine right after an event. */
  at(event: number): Frame {
    if (event < this.#next - 1) {
      this.#state = new State(this.#facts);
      this.#next = 0;
    }
    const { events, threadOf } = this.#facts;
    for (; this.#next <= event && this.#next < events.length; this.#next++) {
      const { name, args } = events[this.#next]!;
      const thread = threadOf[this.#next]!;
      this.#state.phases.next(name, thread === 0, args.phase);
      CHANGES[name]?.(this.#state, args, thread);
    }
    return this.#frame(events[event]?.timeNs ?? 0);
  }

  #frame(timeNs: number): Frame {
    const { threads, homes, startNs } = this.#facts;
    const { mechanism, contexts, ready } = this.#state;
    return {
      nowNs: timeNs - startNs,
      mechanism,
      processes: this.#living(timeNs),
      pending: null,
      threads: threads.map(({ name }, i) => ({
        name,
        contexts: [...contexts]
          .filter(([ctx]) => (homes.get(ctx) ?? 0) === i)
          .map(([ctx, context]) => context.frame(ctx, ready[i]!)),
        timers: this.#armed(i),
      })),
    };
  }

  #armed(of: number): TimerFrame[] {
    return [...this.#state.timers]
      .filter(([, { thread }]) => thread === of)
      .map(([name, { clock }]) => ({ name, list: clock, inNs: null }));
  }

  /** A child is a zombie from its death, which is known once it is reaped. */
  #living(timeNs: number): ProcessFrame[] {
    return this.#facts.children.flatMap(({ pid, deathNs }) => {
      const name = this.#state.children.get(pid);
      if (name === undefined) return [];
      return [{ pid, name, state: deathNs !== null && deathNs <= timeNs ? 'zombie' : 'running' }];
    });
  }
}
