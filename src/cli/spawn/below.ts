import {
  CLD_EXITED,
  P_PID,
  SIGCONT,
  SIGINT,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../host/constants.ts';
import { type Host, newWaitResult } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { isShell, mayHandleSignal } from './process-name.ts';
import type { Sender } from './sender.ts';

/** Signals that end no shell. */
const SPARING = [SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH];

/** The processes below children and heirs, which a signal may reach before we adopt them. */
export class Below {
  readonly #host: Host;
  readonly #sender: Sender;
  readonly #proc: Proc;
  /** Those that SIGINT was sent to. */
  readonly #interrupted = new Set<number>();
  /** For each signal those that could do as they liked with it when it was last sent. */
  readonly #free = new Map<number, ReadonlySet<number>>();
  /** Those below when a signal was last foreseen. */
  readonly #known = new Map<number, { readonly parent: number; readonly isShell: boolean }>();
  readonly #result = newWaitResult();

  constructor(host: Host, sender: Sender) {
    this.#host = host;
    this.#sender = sender;
    this.#proc = new Proc(host);
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    const free = [...this.#free].map(([signo, pids]) => [signo, ...pids]);
    return [[...this.#interrupted], free, [...this.#known]];
  }

  /**
   * Call it before a signal is sent to these, or to their groups. Afterwards /proc no longer tells
   * the parents that they had, nor that they handled the signal: Python and perl give the default
   * disposition back while they exit.
   */
  foresee(pids: readonly number[], signo: number, toGroups: boolean): void {
    if (SPARING.includes(signo)) return;
    const free = new Set<number>();
    this.#known.clear();
    for (const root of pids) {
      if (!toGroups && !isShell(this.#proc, root)) continue;
      for (const [pid, parent] of this.#of(root)) {
        if (mayHandleSignal(this.#proc, pid, signo)) free.add(pid);
        this.#known.set(pid, { parent, isShell: isShell(this.#proc, pid) });
      }
    }
    this.#free.set(signo, free);
  }

  /** Whether the process could do as it liked with a signal, when it was last foreseen. */
  couldHandle(pid: number, signo: number): boolean {
    return this.#free.get(signo)?.has(pid) ?? false;
  }

  /**
   * Whether that shell, or one below it, waited for the process when they fell by the signal;
   * undefined if that is unknown. A process of a program that has ended by itself is not waited for.
   */
  isKnownProgram(pid: number, shell: number, signo: number): boolean | undefined {
    let parent = this.#known.get(pid)?.parent;
    if (parent === undefined) return undefined;
    while (parent !== shell) {
      const above = this.#known.get(parent);
      if (above === undefined || !this.#fell(parent, above.isShell, signo)) return false;
      ({ parent } = above);
    }
    return true;
  }

  /** Whether a signal ended the process. If its shell has reaped it, we go by whether it would. */
  #fell(pid: number, wasShell: boolean, signo: number): boolean {
    const result = this.#result;
    const found = this.#host.waitid(P_PID, pid, WEXITED | WNOHANG | WNOWAIT, result) >= 0;
    // Shells do not end by a SIGINT until what they wait for has ended.
    if (!found) return wasShell && signo !== SIGINT;
    return result.pid !== 0 && result.code !== CLD_EXITED;
  }

  /**
   * Sends SIGINT to the programs below a process, as a terminal would, if it is a shell: dash does not
   * end by a SIGINT until its program has ended. Returns how many it was sent to.
   */
  interrupt(pid: number): number {
    if (!isShell(this.#proc, pid)) return 0;
    const pids = [...this.#of(pid)].map(([one]) => one);
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
    this.#known.delete(pid);
  }

  /**
   * The processes below one in its session, outermost first, and their parents. Those of another
   * group are left to the process that leads it.
   */
  *#of(pid: number): Generator<readonly [pid: number, parent: number]> {
    const parent = this.#proc.stat(pid);
    const text = this.#proc.read(pid, `task/${pid}/children`) ?? '';
    for (const child of text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number)) {
      const stat = this.#proc.stat(child);
      if (stat === undefined || stat.session !== parent?.session) continue;
      yield [child, pid];
      if (stat.pgrp === parent.pgrp) yield* this.#of(child);
    }
  }
}
