import { SA_NOCLDSTOP, SA_RESETHAND, SA_SIGINFO, SIGCHLD } from '../../host/constants.ts';
import { codeName } from '../../signal/names.ts';
import type { SignalHandler } from '../../signal/sigaction-table.ts';
import type { SignalfdSiginfo } from '../../signal/siginfo.ts';
import { Signals } from '../../signal/signals.ts';
import type { SiginfoField, SignalDef, SignalSpec } from '../model.ts';
import { newCallback } from './callback.ts';
import type { Engine } from './engine.ts';

/** The signals of a file: blocked and read by the signalfd, with their sigactions. */
export class SignalSet {
  readonly signals: Signals;
  readonly #engine: Engine;
  readonly #selfPid: number;
  readonly #signos: readonly number[];
  /** The loop's own handler of SIGCHLD, if there are children. */
  #builtIn: SignalHandler | null = null;

  /**
   * Made first, so that the signalfd comes before all other fds; the sigactions are set with the
   * objects.
   */
  constructor(engine: Engine, signos: readonly number[]) {
    this.#engine = engine;
    this.#signos = signos;
    this.#selfPid = engine.world.host.getpid();
    const onProblem = (message: string): void => engine.report(message);
    this.signals = new Signals(engine.loop, { signals: signos, onProblem });
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
    const callback = newCallback(this.#engine, name, spec);
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
        if (info.ssi_pid === this.#selfPid) return 'self';
        return this.#engine.children?.nameOf(info.ssi_pid) ?? String(info.ssi_pid);
      case 'status':
        return String(info.ssi_status);
      case 'int':
        return String(info.ssi_int);
    }
  }
}
