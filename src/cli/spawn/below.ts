import { SIGINT } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { isShell, mayHandleSignal } from './process-name.ts';
import type { Sender } from './sender.ts';

/** The processes below children and heirs, which a signal may reach before we adopt them. */
export class Below {
  readonly #sender: Sender;
  readonly #proc: Proc;
  /** Those that SIGINT was sent to. */
  readonly #interrupted = new Set<number>();
  /** For each signal those that could do as they liked with it when it was last sent. */
  readonly #free = new Map<number, ReadonlySet<number>>();

  constructor(host: Host, sender: Sender) {
    this.#sender = sender;
    this.#proc = new Proc(host);
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    return [[...this.#interrupted], [...this.#free].map(([signo, pids]) => [signo, ...pids])];
  }

  /**
   * Call it before a signal goes to those below these. Afterwards /proc no longer tells which of
   * them handled it: Python and perl give the default disposition back while they exit.
   */
  foresee(pids: Iterable<number>, signo: number): void {
    const free = new Set<number>();
    for (const pid of pids) {
      for (const below of this.#of(pid)) {
        if (mayHandleSignal(this.#proc, below, signo)) free.add(below);
      }
    }
    this.#free.set(signo, free);
  }

  /** Whether the process could do as it liked with a signal, when it was last foreseen. */
  couldHandle(pid: number, signo: number): boolean {
    return this.#free.get(signo)?.has(pid) ?? false;
  }

  /**
   * Sends SIGINT to the programs below a process, as a terminal would, if it is a shell: dash does not
   * end by a SIGINT until its program has ended. Returns how many it was sent to.
   */
  interrupt(pid: number): number {
    if (!isShell(this.#proc, pid)) return 0;
    const pids = [...this.#of(pid)];
    for (const one of pids) this.#interrupted.add(one);
    const sent = pids.filter((one) => this.#sender.kill(one, SIGINT) === 'sent').length;
    for (const one of pids) this.#sender.goOn(one, SIGINT);
    return sent;
  }

  wasInterrupted(pid: number): boolean {
    return this.#interrupted.has(pid);
  }

  /** An adopted process was reaped: its pid may come again. */
  ended(pid: number): void {
    this.#interrupted.delete(pid);
  }

  /**
   * The processes below one in its session, outermost first. Those of another group are left to the
   * process that leads it.
   */
  *#of(pid: number): Generator<number> {
    const parent = this.#proc.stat(pid);
    const text = this.#proc.read(pid, `task/${pid}/children`) ?? '';
    for (const child of text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number)) {
      const stat = this.#proc.stat(child);
      if (stat === undefined || stat.session !== parent?.session) continue;
      yield child;
      if (stat.pgrp === parent.pgrp) yield* this.#of(child);
    }
  }
}
