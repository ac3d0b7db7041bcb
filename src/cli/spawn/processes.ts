import { CLD_EXITED, SIGHUP, SIGINT, SIGKILL, SIGQUIT } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import type { ChildEvent } from '../../signal/child-watch.ts';
import type { ChildRow } from '../log/summary.ts';
import type { Warn } from '../log/warn.ts';
import { Families } from './families.ts';
import type { Passing } from './forward.ts';
import type { Ending, Fallen } from './heir.ts';
import type { Child } from './launcher.ts';
import { Leftovers } from './leftovers.ts';
import type { Options } from './options.ts';
import { Sender, type Sent } from './sender.ts';
import { note, type Sending } from './sending.ts';

/** Signals that end a program unless it has another use for them. */
const ENDS_BY_DEFAULT = [SIGHUP, SIGQUIT];

/** The number of processes that a passed signal was sent to. */
export interface Passed {
  /** Children. */
  readonly sent: number;
  /** Children that already have it from the terminal. */
  readonly has: number;
  /** Processes that ended children left behind. */
  readonly left: number;
  /** Processes that the shells among the children wait for. */
  readonly below: number;
}

/**
 * All processes that signals go to: the children, processes of children that have ended, and
 * adopted ones.
 */
export class Processes {
  /** The living children, by pid, in order of start. */
  readonly children = new Map<number, Child>();
  readonly families: Families;
  readonly leftovers: Leftovers;
  readonly sender: Sender;
  /** How all are to end, once they must. */
  #ending: Ending | null = null;
  /** Whether SIGKILL was sent; processes adopted afterwards get it too. */
  #killed = false;
  readonly #host: Host;
  readonly #ownGroup: number;
  readonly #options: Options;

  /** @param adopts whether every child of this process is ours to end at last */
  constructor(host: Host, options: Options, adopts: boolean, warn: Warn) {
    this.#host = host;
    this.#ownGroup = host.getpgid(0);
    this.#options = options;
    this.sender = new Sender(host, warn);
    this.families = new Families(host, this.sender, this.children, options);
    const isTold = (pid: number): boolean => this.#ending !== null && this.families.has(pid);
    this.leftovers = new Leftovers(host, adopts, this.sender, isTold);
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    const children = [...this.children.values()].map(({ pid, leads, stopped, passed }) => [
      pid,
      leads,
      stopped,
      ...passed,
    ]);
    const { sender, families, leftovers } = this;
    const parts = [sender.state, families.state, leftovers.state];
    return [children, this.#ending, this.#killed, ...parts];
  }

  started(child: Child): void {
    this.children.set(child.pid, child);
    this.families.started(child);
  }

  /**
   * Returns the processes that the child left behind and that were now sent a signal other than
   * SIGKILL.
   */
  childEnded(row: ChildRow, event: ChildEvent): readonly number[] {
    const child = this.children.get(event.pid);
    this.children.delete(event.pid);
    if (child === undefined) return [];
    this.families.leaderEnded(child, this.#ending !== null || diedOf(event, child.passed));
    return this.#inherit(row, event, child.passed);
  }

  /** Like childEnded, for an adopted process; `row` is the child whose end it counts as. */
  orphanEnded(event: ChildEvent): { row: ChildRow | null; told: readonly number[] } {
    this.leftovers.ended(event.pid);
    const heir = this.families.ended(event.pid);
    if (heir === undefined) return { row: null, told: [] };
    const told = this.#inherit(heir.row, event, heir.passed);
    return { row: event.code !== CLD_EXITED || heir.mayExit ? heir.row : null, told };
  }

  /**
   * A shell does not wait for its program when a signal of ours ends the shell. The program is then
   * our child, and gets that signal; we wait for it, and its end counts as the shell's.
   */
  #inherit(
    row: ChildRow | null,
    event: ChildEvent,
    passed: ReadonlySet<number>,
  ): readonly number[] {
    const killed = diedOf(event, passed);
    if (this.#ending === null && !killed) return [];
    const ending = this.#ending ?? { signo: event.status, toGroup: false, toEnd: false };
    return this.#takeIn(killed && row !== null ? { pid: event.pid, row } : null, ending);
  }

  #takeIn(fallen: Fallen | null, ending: Ending): readonly number[] {
    if (this.#options.transparent) return [];
    if (!this.#killed) return this.families.inherit(fallen, ending);
    this.families.inherit(null, { ...ending, signo: SIGKILL, toGroup: false });
    return [];
  }

  /**
   * From now on all are to end. Processes left behind earlier are told first: processes adopted
   * from now on come from children that die of the signal, and stand in for them.
   */
  #toEnd(signo: number, toGroup: boolean): number {
    this.#ending ??= { signo, toGroup: toGroup && !this.#options.group, toEnd: true };
    this.families.awaitGroups();
    return this.#takeIn(null, this.#ending).length;
  }

  /**
   * Passes a received signal on.
   * @param ends whether all are to end by it
   */
  pass(passing: Passing, ends: boolean): Passed {
    const { signo, toGroup } = passing;
    if (!this.#options.transparent) this.families.foresee(signo);
    let left = this.families.send(signo, toGroup, ends).sent;
    if (ends) left += this.#toEnd(signo, toGroup);
    let [sent, has] = [0, 0];
    for (const child of this.children.values()) {
      // Children that have it from the terminal may die of it, too.
      child.passed.add(signo);
      if (toGroup && this.#host.getpgid(child.pid) === this.#ownGroup) has++;
      else if (this.#send(child, passing) === 'sent') sent++;
      const continues = ends || (child.stopped && ENDS_BY_DEFAULT.includes(signo));
      if (continues) this.#goOn(child, signo);
    }
    const below = this.#interruptBelow(signo, toGroup);
    return { sent, has, left, below };
  }

  /** Sends a signal that all are to end by. */
  end(signo: number): Passed {
    if (!this.#options.transparent) this.families.foresee(signo);
    let left = this.families.send(signo, false, true).sent;
    left += this.#toEnd(signo, false);
    let sent = 0;
    for (const child of this.children.values()) {
      if (this.#signal(child, signo) === 'sent') sent++;
      this.#goOn(child, signo);
    }
    const below = this.#interruptBelow(signo, false);
    return { sent, has: 0, left, below };
  }

  /** A SIGINT that only shells were sent also goes to their programs. Returns to how many. */
  #interruptBelow(signo: number, toGroup: boolean): number {
    const reached = signo !== SIGINT || toGroup || this.#options.transparent;
    return reached ? 0 : this.families.interruptBelow();
  }

  /** @param adopted whether to include adopted processes that are not told to end yet */
  kill(adopted: boolean): Sending {
    this.#killed = true;
    const sending = this.families.send(SIGKILL, false, true);
    this.families.forgetGroups();
    for (const child of this.children.values()) {
      note(sending, this.#signal(child, SIGKILL), child.pid);
    }
    if (!adopted) return sending;
    const { sent, refused, everybody = false } = this.leftovers.kill();
    return { sent: sending.sent + sent, refused: [...sending.refused, ...refused], everybody };
  }

  /** Stops waiting for a process that cannot be ended: a pid, or -pgid of a group. */
  giveUp(target: number): void {
    this.children.delete(target);
    this.families.ended(target);
    this.leftovers.giveUp(target);
  }

  #send(child: Child, { signo, value }: Passing): Sent {
    if (value === undefined || this.#options.group) return this.#signal(child, signo);
    return this.sender.queue(child.pid, signo, value);
  }

  #signal(child: Child, signo: number): Sent {
    child.passed.add(signo);
    const { pid } = child;
    if (!this.#byGroup(child)) return this.sender.kill(pid, signo);
    const sent = this.sender.killGroup(pid, signo);
    return this.#hasMoved(child) ? this.sender.kill(pid, signo) : sent;
  }

  #goOn(child: Child, signo: number): void {
    const byGroup = this.#byGroup(child);
    if (byGroup) this.sender.goOn(-child.pid, signo);
    if (!byGroup || this.#hasMoved(child)) this.sender.goOn(child.pid, signo);
  }

  #byGroup({ leads }: Child): boolean {
    return this.#options.group && leads;
  }

  /** Whether the leader of a group has left it to others, for one that is not ours to signal. */
  #hasMoved({ pid }: Child): boolean {
    return this.#host.getpgid(pid) !== pid;
  }
}

function diedOf({ code, status }: ChildEvent, passed: ReadonlySet<number>): boolean {
  return code !== CLD_EXITED && passed.has(status);
}
