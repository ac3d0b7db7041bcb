import { SIGABRT } from '../../host/constants.ts';
import type { Disposable, Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { Signals } from '../../signal/signals.ts';
import { traceOrigin } from '../../trace/origin.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { visible } from '../../trace/visible.ts';
import { allWriter } from '../exit/write-all.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import { TraceOutput } from '../trace/trace-output.ts';

/** The trace files of a session, which are whole however it ends. */
export class SpawnTrace implements Disposable {
  readonly #host: Host;
  readonly #output: TraceOutput;

  /** @throws CliError if a file cannot be opened */
  constructor(host: Host, trace: Tracer, options: TraceOptions) {
    this.#host = host;
    this.#output = new TraceOutput(trace, options, traceOrigin(host), host);
  }

  useLoop(loop: MainLoop | null): void {
    this.#output.useLoop(loop);
  }

  /** Waits for no reader any more. */
  giveUp(): void {
    this.#output.giveUp();
  }

  /** Ends the files while the loop goes on. Returns the lines for stderr. */
  finish(loop: MainLoop, graceNs: number): string {
    return textOf(this.#output.finish(loop, graceNs));
  }

  /** The signals that {@link endOnAbort} needs. The kernel drops them for a pid 1 without a handler. */
  get signals(): readonly number[] {
    return this.#host.getpid() === 1 ? [] : [SIGABRT];
  }

  /** SIGABRT would end us before the trace is whole; then it may. */
  endOnAbort(signals: Signals): void {
    if (this.signals.length === 0) return;
    const handler = (): void => {
      this.#output.close();
      signals.dispose();
      this.#host.raise(SIGABRT);
    };
    signals.sigaction(SIGABRT, { name: 'abort', handler });
  }

  dispose(): void {
    const stderr = allWriter(this.#host, 2);
    for (const problem of this.#output.close()) stderr(textOf([problem]));
  }
}

function textOf(problems: readonly string[]): string {
  return problems.map((problem) => `qemu-loop: ${visible(problem)}\n`).join('');
}
