import { SA_NOCLDSTOP, SA_RESETHAND, SA_SIGINFO, SIGCHLD } from '../../host/constants.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { codeName } from '../../signal/names.ts';
import type { SignalHandler } from '../../signal/sigaction-table.ts';
import type { SignalfdSiginfo } from '../../signal/siginfo.ts';
import { Signals } from '../../signal/signals.ts';
import type { Body, SiginfoField, SignalDef, SignalSpec } from '../model.ts';
import type { Callback } from './callback.ts';

/** The parts of a run, and of the thread that reads the signalfd, that a SignalSet works on. */
export interface SignalParts {
  readonly loop: MainLoop;
  readonly selfPid: number;
  readonly newCallback: (name: string, body: Body) => Callback;
  /** The name of a child; undefined if the pid is not one's. */
  readonly childOf: (pid: number) => string | undefined;
  readonly onProblem: (message: string) => void;
}

/** The signals of a file: blocked and read by the signalfd, with their sigactions. */
export class SignalSet {
  readonly signals: Signals;
  readonly #parts: SignalParts;
  readonly #signos: readonly number[];
  /** The loop's own handler of SIGCHLD, if there are children. */
  #builtIn: SignalHandler | null = null;

  /**
   * Made first, so that the signalfd comes before all other fds; the sigactions are set with the
   * objects.
   */
  constructor(signos: readonly number[], parts: SignalParts) {
    this.#parts = parts;
    this.#signos = signos;
    const { loop, onProblem } = parts;
    // By handlers and pidfds they would come an iteration later than the kernel's.
    this.signals = new Signals(loop, { signals: signos, onProblem, sigfd: 'native' });
  }

  /** Remembers the handler that ChildWatch has set. */
  adoptBuiltIn(): void {
    this.#builtIn = this.signals.table.lookup(SIGCHLD).handler;
  }

  /** Sets a signal's sigaction. */
  set(def: Pick<SignalDef, 'name' | 'signo'>, spec: SignalSpec): void {
    const { name, signo } = def;
    if (spec.handler !== 'function') {
      this.signals.sigaction(signo, { handler: spec.handler });
      return;
    }
    const callback = this.#parts.newCallback(name, spec);
    const { siginfo } = spec;
    const builtIn = signo === SIGCHLD ? this.#builtIn : null;
    const flags =
      (siginfo !== null ? SA_SIGINFO : 0) |
      (spec.reset ? SA_RESETHAND : 0) |
      (spec.nocldstop ? SA_NOCLDSTOP : 0);
    this.signals.sigaction(signo, {
      name,
      flags: flags >>> 0,
      handler: (number, info) => {
        const entry = siginfo === null ? name : this.#entry(name, siginfo, info);
        callback.call(entry);
        builtIn?.(number, info);
      },
    });
  }

  /** Drops pending signals, including unhandled ones: the scenario is over. */
  close(): void {
    this.signals.source.drop?.(this.#signos);
    this.signals.dispose();
  }

  #entry(name: string, fields: readonly SiginfoField[], info: SignalfdSiginfo): string {
    const values = fields.map((field) => `${field}=${this.#value(field, info)}`);
    return `${name}(${values.join(',')})`;
  }

  #value(field: SiginfoField, info: SignalfdSiginfo): string {
    switch (field) {
      case 'code':
        return codeName(info.ssi_signo, info.ssi_code);
      case 'pid':
        if (info.ssi_pid === this.#parts.selfPid) return 'self';
        return this.#parts.childOf(info.ssi_pid) ?? String(info.ssi_pid);
      case 'status':
        return String(info.ssi_status);
      case 'int':
        return String(info.ssi_int);
    }
  }
}
