/**
 * The work of the trace section. bench/run.mjs bundles it twice: trace-lit with the tests for
 * events, trace-dark without them.
 */
import {
  AioContext,
  type Disposable,
  EVENT_NAMES,
  LinuxHost,
  Tracer,
  type TraceSink,
} from '../src/index.ts';

export interface Work extends Disposable {
  /** Schedules a bottom half and polls, count times. */
  run(count: number): void;
  /** Sends every event to a sink, until disposed. */
  trace(sink: TraceSink): Disposable;
}

/** @param now the tracer's clock, ns */
export function bottomHalf(now: () => number): Work {
  const host = new LinuxHost();
  const tracer = new Tracer(now);
  const ctx = new AioContext({ host, trace: tracer });
  const bh = ctx.newBottomHalf('bench', () => {});
  return {
    run: (count) => {
      for (let i = 0; i < count; i++) {
        bh.schedule();
        ctx.poll(true);
      }
    },
    trace: (sink) => tracer.attach(EVENT_NAMES, sink),
    dispose: () => {
      bh.delete();
      ctx.close();
      host.dispose();
    },
  };
}
