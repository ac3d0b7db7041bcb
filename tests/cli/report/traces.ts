/** Traces of runs on the simulated host, in virtual time. */

import { QEMU_CLOCK_REALTIME } from '../../../src/aio/clock.ts';
import type { ReportTrace } from '../../../src/cli/report/facts.ts';
import type { Check, Finding } from '../../../src/cli/report/findings/finding.ts';
import { buildModel, type Model } from '../../../src/cli/report/model.ts';
import { SIGCHLD, SIGKILL, SIGUSR1 } from '../../../src/host/constants.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import type { MainLoop } from '../../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../../src/signal/child-watch.ts';
import { Signals } from '../../../src/signal/signals.ts';
import { CATALOGUE, EVENT_NAMES, type EventDef } from '../../../src/trace/catalogue.ts';
import type { TraceRecord } from '../../../src/trace/read.ts';
import { Tracer } from '../../../src/trace/tracer.ts';
import { expectNoLeaks, held } from '../../support/leaks.ts';
import { Rig } from '../../support/rig.ts';

export const SLOW_NS = 10e6;

/** The tools of a traced run. They are disposed of after it. */
export interface Run {
  readonly rig: Rig<SimHost>;
  readonly host: SimHost;
  readonly loop: MainLoop;
  readonly signals: Signals;
  readonly watch: ChildWatch;
  /** Runs the next iterations, each of which may sleep. */
  turn(iterations: number): void;
  /** Starts a child that lives for afterNs, and exits with 0. */
  child(name: string, afterNs: number): number;
  /** Registers something to do after the trace. */
  later(act: () => void): void;
  /** Arms a timer that calls act after ns. */
  timer(name: string, ns: number, act: () => void): void;
}

/** Runs a body on a loop whose every event is kept. */
export function traced(body: (run: Run) => void): ReportTrace {
  const host = new SimHost();
  const before = held(host);
  const tracer = new Tracer(() => host.nowNs);
  const events: TraceRecord[] = [];
  const rig = new Rig(host);
  const loop = rig.loop({ trace: tracer });
  const signals = new Signals(loop, { signals: [SIGCHLD, SIGUSR1] });
  const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
  // The first wait of a loop, and of one that has new fds, does not sleep: GLib's wake-up.
  loop.mainLoopWait(true);
  const tracing = tracer.attach(EVENT_NAMES, (id, timeNs, ...values) => {
    const name = EVENT_NAMES[id]!;
    const { args }: EventDef = CATALOGUE[name];
    events.push({
      name,
      timeNs,
      args: Object.fromEntries(args.map(([arg], i) => [arg, values[i]!])),
    });
  });
  const later: (() => void)[] = [];
  body({
    rig,
    host,
    loop,
    signals,
    watch,
    turn: (iterations) => {
      for (let i = 0; i < iterations; i++) loop.mainLoopWait(false);
    },
    child: (name, afterNs) => watch.spawn(host.program({ afterNs }), name),
    later: (act) => later.push(act),
    timer: (name, ns, act) =>
      loop.context.timers.newTimer(QEMU_CLOCK_REALTIME, name, act).modNs(host.nowNs + ns),
  });
  tracing.dispose();
  for (const act of later) act();
  watch.dispose();
  signals.dispose();
  rig.end();
  for (const pid of host.children()) host.kill(pid, SIGKILL);
  if (host.children().length === 0) expectNoLeaks(host, before);
  host.dispose();
  return { events, dropped: 0, truncated: false };
}

export function modelOf(body: (run: Run) => void, slowNs = SLOW_NS): Model {
  return buildModel(traced(body), { slowNs });
}

export function check(model: Model, id: string): Check {
  const found = model.checks.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no check ${id}`);
  return found;
}

/** The findings of a check. */
export function findings(model: Model, id: string): readonly Finding[] {
  return check(model, id).findings;
}

export function titles(model: Model, id: string): string[] {
  return findings(model, id).map(({ title }) => title);
}
