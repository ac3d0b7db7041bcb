import { CLD_STOPPED, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import type { ChildEvent } from '../../signal/child-watch.ts';
import type { Signals } from '../../signal/signals.ts';
import type { LogWriter } from '../log/log.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Passing } from './forward.ts';
import type { Child } from './launcher.ts';

interface JobControlParts {
  readonly host: Host;
  readonly terminal: Terminal;
  readonly log: LogWriter;
  readonly signals: Signals;
}

/**
 * Job control like a shell's, one level below it: the terminal belongs to the child that has it or
 * wants it, Ctrl-Z stops us too, and fg continues.
 */
export class JobControl {
  readonly #host: Host;
  readonly #terminal: Terminal;
  readonly #log: LogWriter;
  readonly #signals: Signals;
  readonly #children: ReadonlyMap<number, Child>;
  /** The child whose group has the terminal; 0 for our own group. */
  #holder = 0;
  /** Whether somebody has sent us SIGTSTP by kill, and no stopped child has stopped us yet. */
  #toldByKill = false;
  /** The stopped children, in order, and the signals that stopped them. */
  readonly #stops = new Map<Child, number>();
  /** A child that has ended, and is still among the children. */
  #ended = 0;

  constructor(parts: JobControlParts, children: ReadonlyMap<number, Child>) {
    this.#host = parts.host;
    this.#terminal = parts.terminal;
    this.#log = parts.log;
    this.#signals = parts.signals;
    this.#children = children;
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    const stops = [...this.#stops].map(([{ pid }, signo]) => [pid, signo]);
    return [this.#holder, this.#toldByKill, stops];
  }

  /** A child was started in the foreground. */
  given(child: Child): void {
    this.#holder = child.pid;
  }

  /** A child has ended. The others may now get what they have stopped for. */
  ended(pid: number): void {
    if (this.#holder === pid) {
      this.#holder = 0;
      this.#terminal.takeBack(pid);
    }
    this.#ended = pid;
    for (const child of [...this.#stops.keys()]) {
      if (child.pid === pid) this.#stops.delete(child);
      else this.#hasStopped(child);
    }
    this.#ended = 0;
  }

  /** A signal was passed on. A sender of SIGTSTP by kill, unlike Ctrl-Z, can send SIGCONT too. */
  passed({ signo, toGroup }: Passing): void {
    if (signo === SIGTSTP) this.#toldByKill = !toGroup;
    if (signo === SIGCONT) this.#resumed();
  }

  /** A child stopped or continued. */
  changed(event: ChildEvent): void {
    const child = this.#children.get(event.pid);
    if (child === undefined) return;
    child.stopped = event.code === CLD_STOPPED;
    this.#stops.delete(child);
    if (!child.stopped) return;
    this.#stops.set(child, event.status);
    this.#hasStopped(child);
  }

  #hasStopped(child: Child): void {
    const status = this.#stops.get(child);
    if (status === SIGTSTP) this.#stopped();
    // Nobody else would see the keys: the child has the terminal, and is stopped.
    else if (status === SIGSTOP && this.#holder === child.pid) this.#suspend();
    else if (this.#terminal.interactive && (status === SIGTTIN || status === SIGTTOU)) {
      this.#wantsTerminal(child);
    }
  }

  /** After fg: the child that had the terminal gets it back. All children have SIGCONT by now. */
  #resumed(): void {
    this.#toldByKill = false;
    if (this.#holder !== 0) this.#terminal.give(this.#holder);
    this.#continueAll();
    for (const child of this.#stops.keys()) child.stopped = false;
    this.#stops.clear();
  }

  #continueAll(): void {
    for (const child of [...this.#stops.keys()]) if (child.leads) this.#continue(child);
  }

  /** Stopped by SIGTSTP: we stop too, as would happen without us, so that our parent sees it. */
  #stopped(): void {
    if (this.#toldByKill) {
      if (!this.#mayStop) return;
      this.#toldByKill = false;
      this.#log.flush();
      this.#host.kill(this.#host.getpid(), SIGSTOP);
    } else if (this.#inForeground() && !this.#suspend()) this.#continueAll();
  }

  #inForeground(): boolean {
    return this.#holder !== 0 || this.#terminal.isOurs;
  }

  /**
   * Whether the last child has stopped, and no SIGCONT has come meanwhile: it would be lost on us
   * once we stop.
   */
  get #mayStop(): boolean {
    for (const child of this.#children.values()) {
      if (!child.stopped && child.pid !== this.#ended) return false;
    }
    return !this.#signals.isWaiting(SIGCONT);
  }

  /**
   * The child gets the terminal from us; if we do not have it, the child stays stopped, and we stop
   * until fg.
   */
  #wantsTerminal(child: Child): void {
    if (!child.leads || !this.#terminal.isOurs) {
      this.#suspend();
      return;
    }
    this.#terminal.give(child.pid);
    this.#holder = child.pid;
    this.#continue(child);
  }

  /** Stops us once the last child has stopped. Returns false if nobody could continue us. */
  #suspend(): boolean {
    if (!this.#mayStop) return true;
    this.#log.flush();
    return this.#terminal.suspend();
  }

  #continue(child: Child): void {
    child.stopped = false;
    this.#stops.delete(child);
    this.#host.kill(-child.pid, SIGCONT);
  }
}
