import { SIGCONT, SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } from '../../host/constants.ts';
import { EAGAIN, ESRCH, errnoMessage, errnoName } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { signalName } from '../../signal/names.ts';
import type { Warn } from '../log/warn.ts';
import { processName } from './process-name.ts';

/** `gone`: there is no such process any more. */
export type Sent = 'sent' | 'gone' | 'refused';

/** Signals after which SIGCONT would be needless, or would undo them. */
const NOT_CONTINUED = [SIGKILL, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];

/**
 * Continues the receivers of a signal that tells them to end, as timeout(1) and systemd do: a stopped
 * process does not act on it.
 * @param target a pid, -pgid, or -1, as in kill(2)
 */
export function continueToEnd(host: Host, target: number, signo: number): void {
  if (!NOT_CONTINUED.includes(signo)) host.kill(target, SIGCONT);
}

/** Sends signals, and reports each that could not be sent, once. */
export class Sender {
  readonly #host: Host;
  readonly #warn: Warn;
  readonly #proc: Proc;
  readonly #said = new Set<string>();

  constructor(host: Host, warn: Warn) {
    this.#host = host;
    this.#warn = warn;
    this.#proc = new Proc(host);
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    return [...this.#said];
  }

  /** Sends to a process; kill(2). */
  kill(pid: number, signo: number): Sent {
    return this.#result(this.#host.kill(pid, signo), pid, signo);
  }

  /**
   * Sends to all of a process group, in which one process matters: its leader. kill(2) succeeds if
   * any member could be signalled, so that one is asked about separately.
   */
  killGroup(pgid: number, signo: number): Sent {
    const sent = this.#result(this.#host.kill(-pgid, signo), -pgid, signo);
    if (sent !== 'sent') return sent;
    return this.#result(this.#host.kill(pgid, 0), pgid, signo) === 'refused' ? 'refused' : 'sent';
  }

  /** See continueToEnd. */
  goOn(target: number, signo: number): void {
    continueToEnd(this.#host, target, signo);
  }

  /** Sends with a value, or without it if no more signals can be queued. */
  queue(pid: number, signo: number, value: number): Sent {
    const ret = this.#host.sigqueue(pid, signo, value);
    if (ret !== -EAGAIN) return this.#result(ret, pid, signo);
    const name = signalName(signo);
    const text = `${name} to pid ${pid} goes without its value: too many signals are queued (EAGAIN)`;
    this.#say(`${signo} value`, { signo, pid, errno: 'EAGAIN' }, text);
    return this.kill(pid, signo);
  }

  /** Warns, once, if /proc does not show the processes that must end: nobody can tell them to. */
  cannotSee(): void {
    const text = 'processes are left that /proc does not show: they are only waited for';
    if (this.#said.has(text) || this.#proc.stat(this.#host.getpid()) !== undefined) return;
    this.#said.add(text);
    this.#warn('end_leftovers', {}, text);
  }

  /** A target of kill(2): `pid 123 (sleep)`, `group 123`. */
  name(target: number): string {
    if (target === -1) return 'the others of this pid namespace';
    if (target < 0) return `group ${-target}`;
    const name = processName(this.#proc, target);
    return name === '' ? `pid ${target}` : `pid ${target} (${name})`;
  }

  #result(ret: number, target: number, signo: number): Sent {
    if (ret >= 0) return 'sent';
    if (ret === -ESRCH) return 'gone';
    const why = `${errnoMessage(-ret)} (${errnoName(ret)})`;
    const text = `${signalName(signo)} cannot be sent to ${this.name(target)}: ${why}`;
    this.#say(`${signo} ${target}`, { signo, pid: target, errno: errnoName(ret) }, text);
    return 'refused';
  }

  #say(key: string, fields: Readonly<Record<string, unknown>>, text: string): void {
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#warn('signal_failed', fields, text);
  }
}
