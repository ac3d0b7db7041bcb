import { CLD_CONTINUED, CLD_EXITED, CLD_STOPPED, SIGCHLD } from '../host/constants.ts';
import { type ByteWriter, checkBackend, type TraceBackend, type TraceOrigin } from './backend.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { EV, EVENT_NAMES, type EventId } from './catalogue.ts';
import { ArrowIds, ScheduleArrows } from './chrome-arrows.ts';
import { ChromeChildren } from './chrome-children.ts';
import { ChromeSlices } from './chrome-slices.ts';
import { ChromeWriter } from './chrome-writer.ts';
import { jsonArgs } from './json-backend.ts';
import type { TraceValue } from './tracer.ts';

// The flag of a scheduled bottom half: QEMU's BH_SCHEDULED, util/async.c
const BH_SCHEDULED = 2;
const BH_DELETED = 4;

type Args = readonly TraceValue[];

/**
 * Trace Event JSON, for ui.perfetto.dev and chrome://tracing: a track for the loop's thread and one
 * for each child, nested slices, arrows, counters.
 */
export class ChromeBackend implements TraceBackend {
  readonly #out: ByteBuffer;
  readonly #tid: number;
  readonly #writer: ChromeWriter;
  readonly #slices: ChromeSlices;
  readonly #children: ChromeChildren;
  readonly #bhs: ScheduleArrows;
  readonly #coroutines: ScheduleArrows;
  readonly #coroutineNames = new Map<number, string>();
  #lastNs = 0;

  /** @throws TypeError */
  constructor(write: ByteWriter, origin: TraceOrigin) {
    checkBackend('ChromeBackend', write, origin);
    this.#out = new ByteBuffer(write);
    this.#tid = origin.tid;
    this.#writer = new ChromeWriter(this.#out, origin.pid);
    const ids = new ArrowIds();
    this.#slices = new ChromeSlices(this.#writer, this.#tid);
    this.#children = new ChromeChildren(this.#writer, this.#slices, ids);
    const parts = [this.#writer, this.#slices, ids] as const;
    this.#bhs = new ScheduleArrows(...parts, 'qemu_bh_schedule', 'pending bottom halves');
    this.#coroutines = new ScheduleArrows(...parts, 'aio_co_schedule', null);
    this.#writer.process('qemu-loop');
    this.#writer.track(this.#tid, 'main loop', 0);
  }

  readonly sink = (id: EventId, eventNs: number, ...args: TraceValue[]): void => {
    const timeNs = this.#slices.notBefore(eventNs);
    this.#lastNs = timeNs;
    if (this.#loopEvent(id, timeNs, args)) return;
    if (this.#callEvent(id, timeNs, args)) return;
    if (this.#childEvent(id, timeNs, args)) return;
    this.#writer.instant(this.#tid, timeNs, EVENT_NAMES[id]!, jsonArgs(id, args));
  };

  dropped(count: number, timeNs: number): void {
    this.#writer.instant(this.#tid, timeNs, 'dropped', `"count":${count}`);
  }

  flush(): void {
    this.#out.flush();
  }

  close(): void {
    this.#bhs.close(this.#lastNs);
    this.#coroutines.close(this.#lastNs);
    this.#children.close(this.#slices.notBefore(this.#lastNs));
    this.#slices.close(this.#lastNs);
    this.#writer.close();
    this.flush();
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
        this.#writer.counter(timeNs, 'ready fds', Math.max(0, Number(args[1])));
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
        this.#children.dropCurrent(timeNs);
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
        if (args[0] === SIGCHLD) this.#children.handled(timeNs);
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
    switch (id) {
      case EV.aio_bh_enqueue: {
        const bh = `${args[0]} ${args[4]}`;
        const flags = Number(args[3]);
        this.#writer.instant(this.#tid, timeNs, 'aio_bh_enqueue', jsonArgs(id, args));
        if ((flags & BH_DELETED) !== 0) this.#bhs.end(bh, timeNs);
        else if ((flags & BH_SCHEDULED) !== 0) this.#bhs.schedule(bh, timeNs);
        if (slices.signal === SIGCHLD) this.#children.scheduled(bh);
        return true;
      }
      case EV.qemu_bh_cancel:
        this.#writer.instant(this.#tid, timeNs, 'qemu_bh_cancel', jsonArgs(id, args));
        this.#bhs.end(`${args[0]} ${args[2]}`, timeNs);
        return true;
      case EV.aio_bh_call_begin: {
        const bh = `${args[0]} ${args[3]}`;
        slices.begin('bh', bh, timeNs, String(args[1]), jsonArgs(id, args));
        this.#bhs.end(bh, timeNs);
        this.#children.bhBegins(bh, timeNs);
        return true;
      }
      case EV.aio_bh_call_end: {
        const bh = `${args[0]} ${args[2]}`;
        this.#children.bhEnds(bh, timeNs);
        slices.end('bh', bh, timeNs);
        return true;
      }
      default:
        return false;
    }
  }

  #coroutineEvent(id: EventId, timeNs: number, args: Args): boolean {
    const slices = this.#slices;
    switch (id) {
      case EV.coroutine_create:
        this.#coroutineNames.set(Number(args[0]), String(args[1]));
        return false;
      case EV.aio_co_schedule:
        this.#coroutines.schedule(String(args[1]), timeNs);
        return true;
      case EV.aio_co_schedule_bh_cb:
        this.#coroutines.end(String(args[1]), timeNs);
        return true;
      case EV.qemu_aio_coroutine_enter: {
        const name = this.#coroutineNames.get(Number(args[2])) ?? `coroutine ${args[2]}`;
        slices.begin('coroutine', args[2]!, timeNs, name, jsonArgs(id, args));
        return true;
      }
      case EV.qemu_coroutine_yield:
        slices.end('coroutine', args[0]!, timeNs);
        return true;
      case EV.qemu_coroutine_terminate:
        this.#coroutineNames.delete(Number(args[0]));
        slices.end('coroutine', args[0]!, timeNs);
        return true;
      default:
        return false;
    }
  }

  /** Deaths and reaps, and the signals between them. */
  #childEvent(id: EventId, timeNs: number, args: Args): boolean {
    const children = this.#children;
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
        children.reaped({ pid, name, end, latencyNs, args: jsonArgs(id, args) }, timeNs);
        return true;
      }
      case EV.signalfd_record:
        this.#writer.instant(this.#tid, timeNs, 'signalfd_record', jsonArgs(id, args));
        if (args[0] === SIGCHLD) {
          const code = Number(args[1]);
          const isEnd = code > 0 && code !== CLD_STOPPED && code !== CLD_CONTINUED;
          children.record(Number(args[2]), isEnd, timeNs);
        }
        return true;
      default:
        return false;
    }
  }
}
