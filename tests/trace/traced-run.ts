/** A run on the simulated host that has an event of nearly every kind, and what it was traced as. */

import { QEMU_CLOCK_REALTIME } from '../../src/aio/clock.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import { SIGCHLD, SIGKILL, SIGUSR1 } from '../../src/host/constants.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { Signals } from '../../src/signal/signals.ts';
import type { ByteWriter, TraceBackend, TraceOrigin } from '../../src/trace/backend.ts';
import { EVENT_NAMES, type EventId } from '../../src/trace/catalogue.ts';
import { Tracer, type TraceSink, type TraceValue } from '../../src/trace/tracer.ts';

export const ORIGIN: TraceOrigin = { pid: 700, tid: 700, epochUs: 1_600_000_000_000_000 };

/** An event as a sink gets it. */
export interface Seen {
  readonly id: EventId;
  readonly timeNs: number;
  readonly args: readonly TraceValue[];
}

/** Collects what a sink is given. */
export function collect(into: Seen[]): TraceSink {
  return (id, timeNs, ...args) => {
    into.push({ id, timeNs, args: args.filter((arg) => arg !== undefined) });
  };
}

export type MakeBackend = (write: ByteWriter, origin: TraceOrigin) => TraceBackend;

/** The bytes that a backend writes while body feeds it. */
export function written(make: MakeBackend, body: (backend: TraceBackend) => void): Uint8Array {
  const parts: Uint8Array[] = [];
  const backend = make((bytes) => parts.push(bytes.slice()), ORIGIN);
  body(backend);
  backend.close();
  return Buffer.concat(parts);
}

export function feed(backend: TraceBackend, events: readonly Seen[]): void {
  for (const { id, timeNs, args } of events) backend.sink(id, timeNs, ...args);
}

/**
 * Children that exit, are killed, stop, and die together; bottom halves that are
 * scheduled, cancelled and deleted; a timer; coroutines; aio_poll inside a
 * callback; a callback that throws.
 */
export function tracedRun(): Seen[] {
  const host = new SimHost();
  const seen: Seen[] = [];
  const trace = new Tracer(() => host.nowNs);
  const collecting = trace.attach(EVENT_NAMES, collect(seen));
  const loop = new MainLoop({ host, trace });
  const signals = new Signals(loop, { signals: [SIGCHLD, SIGUSR1] });
  signals.sigaction(SIGUSR1, { name: 'usr1', handler: () => {} });
  const watch = new ChildWatch({ loop, signals, times: loop.pollTimes, stops: true });
  children(host, loop, watch);
  callbacks(loop);
  coroutines(loop);
  host.raise(SIGUSR1);
  while (watch.size > 0) iterate(loop);
  watch.dispose();
  signals.dispose();
  loop.close();
  collecting.dispose();
  return seen;
}

/** Ignores the errors that this run throws on purpose. */
function iterate(loop: MainLoop): void {
  try {
    loop.mainLoopWait(false);
  } catch (error) {
    if (!(error instanceof Error) || error.message !== 'thrown on purpose') throw error;
  }
}

function children(host: SimHost, loop: MainLoop, watch: ChildWatch): void {
  watch.spawn(host.program({ afterNs: 1e6, then: { exit: 3 } }), 'one');
  for (const name of ['two', 'three']) {
    watch.spawn(host.program({ afterNs: 2e6, then: { exit: 0 } }), name);
  }
  const stopped = watch.spawn(host.program({ afterNs: 3e6, then: { stop: true } }), 'stopped');
  host.at(host.nowNs + 4e6, () => host.kill(stopped, SIGKILL));
  const { timers } = loop;
  // The loop is busy while two and three die.
  const busy = timers.newTimer(QEMU_CLOCK_REALTIME, 'busy', () => host.advance(1e6));
  busy.modFromNowNs(1.5e6);
}

function callbacks(loop: MainLoop): void {
  const inner = loop.newBottomHalf('inner', () => inner.delete());
  const outer = loop.newBottomHalf('outer', () => {
    inner.schedule();
    loop.context.poll(false);
    outer.delete();
    throw new Error('thrown on purpose');
  });
  outer.schedule();
  const cancelled = loop.newBottomHalf('cancelled', () => {});
  cancelled.schedule();
  cancelled.cancel();
  cancelled.delete();
}

function coroutines(loop: MainLoop): void {
  const own = new Coroutines(loop.context);
  const co = own.create(function* () {
    yield;
  }, 'worker');
  own.schedule(co);
  const again = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'again', () => own.schedule(co));
  const end = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'end', () => own.dispose());
  again.modFromNowNs(0.5e6);
  end.modFromNowNs(0.7e6);
}
