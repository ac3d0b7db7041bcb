import { CLD_CONTINUED, CLD_EXITED, CLD_STOPPED, SIGCHLD } from '../host/constants.ts';
import { BH_DELETED, BH_SCHEDULED } from './bh-flags.ts';
import { EV, EVENT_NAMES, type EventId } from './catalogue.ts';
import { ArrowIds, ScheduleArrows } from './chrome-arrows.ts';
import { BqlTrack } from './chrome-bql.ts';
import { ChildTracks, ChromeReaps } from './chrome-children.ts';
import { drawExclusive } from './chrome-exclusive.ts';
import { PoolTracks } from './chrome-pool.ts';
import { ChromeSlices } from './chrome-slices.ts';
import type { ChromeWriter } from './chrome-writer.ts';
import { jsonArgs } from './json-backend.ts';
import type { TraceValue } from './tracer.ts';

type Args = readonly TraceValue[];

/** The parts that the threads of a chrome trace share: their file, and what goes between them. */
export class ChromeProcess {
  readonly writer: ChromeWriter;
  readonly ids = new ArrowIds();
  readonly children: ChildTracks;
  readonly bhs: ScheduleArrows;
  readonly coroutines: ScheduleArrows;
  readonly notifies: ScheduleArrows;
  readonly holds: BqlTrack;
  /** The id of the thread that runs a context, by its name. */
  readonly homes = new Map<string, number>();
  readonly pools: PoolTracks;

  constructor(writer: ChromeWriter) {
    this.writer = writer;
    this.children = new ChildTracks(writer);
    const parts = [writer, this.ids] as const;
    this.bhs = new ScheduleArrows(...parts, 'qemu_bh_schedule', 'pending bottom halves');
    this.coroutines = new ScheduleArrows(...parts, 'aio_co_schedule', null);
    this.notifies = new ScheduleArrows(...parts, 'aio_notify', null);
    this.holds = new BqlTrack(writer);
    this.pools = new PoolTracks(writer, this.ids);
  }
}

/** The track of one thread: draws its events. */
export class ChromeThread {
  readonly #process: ChromeProcess;
  readonly #tid: number;
  readonly #name: string;
  /** Name of the counter of the fds that its polls find ready. */
  readonly #readyFds: string;
  readonly #writer: ChromeWriter;
  readonly #slices: ChromeSlices;
  readonly #reaps: ChromeReaps;
  readonly #coroutineNames = new Map<number, string>();
  #lastNs = 0;

  constructor(process: ChromeProcess, tid: number, name: string, readyFds: string) {
    this.#process = process;
    this.#tid = tid;
    this.#name = name;
    this.#readyFds = readyFds;
    this.#writer = process.writer;
    this.#slices = new ChromeSlices(this.#writer, tid);
    this.#reaps = new ChromeReaps(process.children, this.#slices, process.ids);
  }

  readonly sink = (id: EventId, eventNs: number, ...args: TraceValue[]): void => {
    const timeNs = this.#slices.notBefore(eventNs);
    this.#lastNs = timeNs;
    if (this.#loopEvent(id, timeNs, args)) return;
    if (this.#callEvent(id, timeNs, args)) return;
    if (this.#childEvent(id, timeNs, args)) return;
    if (this.#lockEvent(id, timeNs, args)) return;
    this.#process.pools.event(this.#slices, id, timeNs, args);
    this.#notifyEvent(id, timeNs, args);
    // An arrow's own slice, if it had to make one, is over later.
    const atNs = this.#slices.notBefore(timeNs);
    this.#writer.instant(this.#tid, atNs, EVENT_NAMES[id]!, jsonArgs(id, args));
  };

  dropped(count: number, timeNs: number): void {
    this.#writer.instant(this.#tid, timeNs, 'dropped', `"count":${count}`);
  }

  /** When its last event was drawn. */
  get lastNs(): number {
    return this.#lastNs;
  }

  /** Ends the arrows of SIGCHLDs that were not answered. */
  closeReaps(timeNs: number): void {
    this.#reaps.close(this.#slices.notBefore(timeNs));
  }

  /** The time at which to draw an event of timeNs. */
  notBefore(timeNs: number): number {
    return this.#slices.notBefore(timeNs);
  }

  closeSlices(timeNs: number): void {
    this.#slices.close(timeNs);
  }

  /** Iterations, their phases, and polls. Returns false if the event is none of these. */
  #loopEvent(id: EventId, timeNs: number, args: Args): boolean {
    const slices = this.#slices;
    const text = jsonArgs(id, args);
    // An end only adds the arguments that its beginning did not have.
    const outcome = jsonArgs(id, args, 1);
    const key = args[0] ?? '';
    switch (id) {
      case EV.main_loop_wait_begin:
        slices.begin('iteration', key, timeNs, 'main_loop_wait', text);
        return true;
      case EV.main_loop_wait_end:
        slices.end('iteration', key, timeNs, outcome);
        return true;
      case EV.main_loop_phase:
        slices.phase(timeNs, String(key));
        return true;
      case EV.aio_poll_begin:
        slices.begin('aio_poll', key, timeNs, 'aio_poll', text);
        return true;
      case EV.aio_poll_end:
        slices.end('aio_poll', key, timeNs, outcome);
        return true;
      case EV.poll_enter:
        slices.begin('poll', key, timeNs, String(key), text);
        return true;
      case EV.poll_return:
        slices.end('poll', key, timeNs, outcome);
        this.#writer.counter(timeNs, this.#readyFds, Math.max(0, Number(args[1])));
        return true;
      case EV.run_poll_handlers_begin:
        slices.begin('spin', key, timeNs, 'run_poll_handlers', text);
        return true;
      case EV.run_poll_handlers_end:
        slices.end('spin', key, timeNs, outcome.replace('"timeout"', '"new_timeout"'));
        return true;
      default:
        return false;
    }
  }

  /** Calls, and whatever schedules them. */
  #callEvent(id: EventId, timeNs: number, args: Args): boolean {
    const slices = this.#slices;
    switch (id) {
      case EV.fd_handler_begin:
        slices.begin('fd', `${args[0]} ${args[1]}`, timeNs, String(args[3]), jsonArgs(id, args));
        return true;
      case EV.fd_handler_end:
        this.#reaps.dropCurrent(timeNs);
        slices.end('fd', `${args[0]} ${args[1]}`, timeNs);
        return true;
      case EV.timer_call_begin:
        slices.begin('timer', args[0]!, timeNs, `timer ${args[0]}`, jsonArgs(id, args));
        return true;
      case EV.timer_call_end:
        slices.end('timer', args[0]!, timeNs);
        return true;
      case EV.signal_handler_begin:
        slices.begin('signal', args[0]!, timeNs, String(args[1]), jsonArgs(id, args));
        if (args[0] === SIGCHLD) this.#reaps.handled(timeNs);
        return true;
      case EV.signal_handler_end:
        slices.end('signal', args[0]!, timeNs);
        return true;
      default:
        return this.#bhEvent(id, timeNs, args) || this.#coroutineEvent(id, timeNs, args);
    }
  }

  #bhEvent(id: EventId, timeNs: number, args: Args): boolean {
    const slices = this.#slices;
    const { bhs } = this.#process;
    switch (id) {
      case EV.aio_bh_enqueue: {
        const bh = `${args[0]} ${args[4]}`;
        const flags = Number(args[3]);
        this.#writer.instant(this.#tid, timeNs, 'aio_bh_enqueue', jsonArgs(id, args));
        if ((flags & BH_DELETED) !== 0) bhs.end(slices, bh, timeNs);
        else if ((flags & BH_SCHEDULED) !== 0) bhs.schedule(slices, bh, timeNs);
        if (slices.signal === SIGCHLD) this.#reaps.scheduled(bh);
        return true;
      }
      case EV.qemu_bh_cancel:
        this.#writer.instant(this.#tid, timeNs, 'qemu_bh_cancel', jsonArgs(id, args));
        bhs.end(slices, `${args[0]} ${args[2]}`, timeNs);
        return true;
      case EV.aio_bh_call_begin: {
        const bh = `${args[0]} ${args[3]}`;
        slices.begin('bh', bh, timeNs, String(args[1]), jsonArgs(id, args));
        bhs.end(slices, bh, timeNs);
        this.#reaps.bhBegins(bh, timeNs);
        return true;
      }
      case EV.aio_bh_call_end: {
        const bh = `${args[0]} ${args[2]}`;
        this.#reaps.bhEnds(bh, timeNs);
        slices.end('bh', bh, timeNs);
        return true;
      }
      default:
        return false;
    }
  }

  #coroutineEvent(id: EventId, timeNs: number, args: Args): boolean {
    const slices = this.#slices;
    const [{ coroutines }, names] = [this.#process, this.#coroutineNames];
    switch (id) {
      case EV.coroutine_create:
        names.set(Number(args[0]), String(args[1]));
        return false;
      case EV.aio_co_schedule:
        coroutines.schedule(slices, `${args[0]} ${args[1]}`, timeNs);
        return true;
      case EV.aio_co_schedule_bh_cb:
        coroutines.end(slices, `${args[0]} ${args[1]}`, timeNs);
        return true;
      case EV.qemu_aio_coroutine_enter: {
        const name = names.get(Number(args[2])) ?? `coroutine ${args[2]}`;
        slices.begin('coroutine', args[2]!, timeNs, name, jsonArgs(id, args));
        return true;
      }
      case EV.qemu_coroutine_yield:
        slices.end('coroutine', args[0]!, timeNs);
        return true;
      case EV.qemu_coroutine_terminate:
        names.delete(Number(args[0]));
        slices.end('coroutine', args[0]!, timeNs);
        return true;
      default:
        return false;
    }
  }

  /** Waits for the BQL are slices of the thread, and holds are those of the lock's own track. */
  #lockEvent(id: EventId, timeNs: number, args: Args): boolean {
    const { holds } = this.#process;
    switch (id) {
      case EV.bql_lock:
        this.#slices.begin('lock', 'bql', timeNs, 'wait for the BQL', jsonArgs(id, args));
        return true;
      case EV.bql_locked:
        this.#slices.end('lock', 'bql', timeNs);
        holds.begin(timeNs, this.#name, jsonArgs(id, args));
        return true;
      case EV.bql_unlock:
        holds.end(timeNs);
        return true;
      default:
        return drawExclusive(this.#slices, id, timeNs, args);
    }
  }

  /** Arrows to the wake-up of another thread. */
  #notifyEvent(id: EventId, timeNs: number, args: Args): void {
    const { homes, notifies } = this.#process;
    const ctx = String(args[0]);
    if (id === EV.aio_notify_accept) {
      homes.set(ctx, this.#tid);
      if (args[1] !== 0) notifies.end(this.#slices, ctx, timeNs);
      return;
    }
    if (id !== EV.aio_notify || args[2] === 0) return;
    if ((homes.get(ctx) ?? this.#tid) !== this.#tid) notifies.schedule(this.#slices, ctx, timeNs);
  }

  /** Deaths and reaps, and the signals between them. */
  #childEvent(id: EventId, timeNs: number, args: Args): boolean {
    const { children } = this.#process;
    const pid = Number(args[0]);
    switch (id) {
      case EV.child_spawn:
        children.spawned(pid, String(args[1]), String(args[2]), timeNs, jsonArgs(id, args));
        return true;
      case EV.child_status: {
        const code = Number(args[2]);
        const what = code === CLD_STOPPED ? 'stopped' : 'continued';
        children.changed(pid, what, timeNs, jsonArgs(id, args));
        return true;
      }
      case EV.child_reap: {
        const end = `${Number(args[2]) === CLD_EXITED ? 'exited' : 'killed by signal'} ${args[3]}`;
        const [name, latencyNs] = [String(args[1]), Number(args[6])];
        this.#reaps.reaped({ pid, name, end, latencyNs, args: jsonArgs(id, args) }, timeNs);
        return true;
      }
      case EV.signalfd_record:
        this.#writer.instant(this.#tid, timeNs, 'signalfd_record', jsonArgs(id, args));
        if (args[0] === SIGCHLD) {
          const code = Number(args[1]);
          const isEnd = code > 0 && code !== CLD_STOPPED && code !== CLD_CONTINUED;
          this.#reaps.record(Number(args[2]), isEnd, timeNs);
        }
        return true;
      default:
        return false;
    }
  }
}
