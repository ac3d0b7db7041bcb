/** Observers of a running scenario: the live log, the trace files, the report. */

import type { Host } from '../../host/host.ts';
import { SimHost } from '../../host/sim/sim-host.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { LogEntry } from '../../scenario/run/order-log.ts';
import type { ThreadTraces } from '../../scenario/run/threads/thread-traces.ts';
import type { World } from '../../scenario/run/world.ts';
import type { TraceOrigin } from '../../trace/backend.ts';
import { EVENT_NAMES } from '../../trace/catalogue.ts';
import { traceOrigin } from '../../trace/origin.ts';
import type { TraceRing } from '../../trace/ring.ts';
import { visible } from '../../trace/visible.ts';
import { attachLog } from '../log/chain.ts';
import { followNames } from '../log/live-text.ts';
import { PrettyLog } from '../log/pretty-log.ts';
import type { WhyOf } from '../log/why.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import type { Style } from '../text/style.ts';
import { type TraceOutput, waitingTraces } from '../trace/trace-output.ts';
import type { Observer } from './observer.ts';

/** A simulated run is exact to the ns, and most of it takes only a few ns. */
export const SIM_DECIMALS = 9;

/** The log that --spawn shows, with the entries of the order log between. */
export class LiveLog implements Observer {
  readonly #style: Style;
  readonly #whyOf: WhyOf | null;
  readonly #write: (text: string) => void;
  #log: PrettyLog | null = null;
  #ended = false;

  constructor(style: Style, whyOf: WhyOf | null, write: (text: string) => void) {
    this.#style = style;
    this.#whyOf = whyOf;
    this.#write = write;
  }

  open({ main, world, beforeSleep }: Machine): void {
    const sink = (text: string): void => {
      if (!this.#ended) this.#write(text);
    };
    const decimals = world.kind === 'sim' ? SIM_DECIMALS : undefined;
    const names = followNames(main.trace);
    const options = { decimals, whyOf: this.#whyOf };
    this.#log = new PrettyLog(sink, () => this.#style, names, world.startNs, options);
    attachLog(main.trace, 'info', this.#log);
    beforeSleep.push(() => this.#log!.flush());
  }

  entry({ text }: LogEntry, nowNs: number): void {
    this.#log?.note('info', 'order log', nowNs, {}, text);
  }

  end(): void {
    this.#log?.flush();
    this.#ended = true;
  }
}

/** --trace-file. */
export class TraceFiles implements Observer {
  readonly #options: TraceOptions;
  readonly #origin: TraceOrigin | null;
  readonly #own: Host | null;
  #output: TraceOutput | null = null;
  #problems: readonly string[] = [];

  /**
   * @param origin whose trace it is; null: the run's host is asked
   * @param own the process's own host
   */
  constructor(options: TraceOptions, origin: TraceOrigin | null, own: Host | null) {
    this.#own = own;
    this.#options = options;
    this.#origin = origin;
  }

  open({ main, threads, world }: Machine): void {
    const origin = this.#origin ?? originOf(world);
    const traces = threads?.traces ?? null;
    this.#output = waitingTraces(this.#own, main.trace, this.#options, origin, traces);
  }

  end(): void {
    this.#problems = this.#output!.close();
  }

  finish(): string {
    return this.#problems.map((problem) => `qemu-loop: ${visible(problem)}\n`).join('');
  }
}

/**
 * Asks another simulated host, which answers the same: asking the run's own would take its time.
 */
function originOf(world: World): TraceOrigin {
  return traceOrigin(world.kind === 'sim' ? new SimHost() : world.host);
}

/** --report. */
export class ReportPage implements Observer {
  readonly #ring: TraceRing;
  readonly #write: (rings: readonly TraceRing[]) => string;
  #attached: { dispose(): void } | null = null;
  /** Null if there is one thread only. */
  #threads: ThreadTraces | null = null;
  #rings: readonly TraceRing[];

  /**
   * @param ring keeps the events of a run with one thread
   * @param write writes the page, and returns a summary of it
   */
  constructor(ring: TraceRing, write: (rings: readonly TraceRing[]) => string) {
    this.#rings = [ring];
    this.#ring = ring;
    this.#write = write;
  }

  open({ main, threads }: Machine): void {
    this.#threads = threads?.traces ?? null;
    this.#threads?.keep(EVENT_NAMES);
    if (threads === null) this.#attached = main.trace.attach(EVENT_NAMES, this.#ring.sink);
  }

  /** Events of the closing, which come later, do not belong to the run. */
  end(): void {
    this.#attached?.dispose();
    this.#rings = this.#threads?.rings(EVENT_NAMES, this.#ring.capacity) ?? this.#rings;
  }

  finish(): string {
    return this.#write(this.#rings);
  }
}
