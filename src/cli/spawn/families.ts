import {
  P_ALL,
  P_PID,
  SIGINT,
  SIGKILL,
  SIGQUIT,
  SIGTERM,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../host/constants.ts';
import { ESRCH } from '../../host/errno.ts';
import { type Host, newWaitResult } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import type { ChildRow } from '../log/summary.ts';
import type { Child } from './launcher.ts';
import { ignoresSignal, mayHandleSignal } from './process-name.ts';
import type { Sender, Sent } from './sender.ts';

const LOOK = WEXITED | WNOHANG | WNOWAIT;

/** A process that we adopted when its parent, of a child's process group, had ended. */
export interface Heir {
  readonly pid: number;
  /**
   * The child for whose end its own end counts: it is the program that a shell waited for when a
   * signal of ours ended the shell.
   */
  readonly row: ChildRow | null;
  /** Whether the signal leaves it the choice to exit. If not, an exit was a step's, just before. */
  mayExit: boolean;
  /** Signals that it was sent. */
  readonly passed: Set<number>;
}

/** The signal for processes that a child leaves behind. */
export interface Ending {
  readonly signo: number;
  /** Whether the terminal has sent it to our whole group. */
  readonly toGroup: boolean;
  /** Whether they are to end, rather than only get the signal that their parent died of. */
  readonly toEnd: boolean;
}

/** The result of sending a signal to them. */
export interface Sending {
  sent: number;
  /** Pids, or -pgid for groups. */
  readonly refused: number[];
  /** Whether it went to all of the pid namespace, whose number is unknown. */
  everybody?: boolean;
}

/**
 * The processes of children that have ended themselves: the groups they led, and the processes they
 * left behind in their process group.
 */
export class Families {
  readonly #host: Host;
  readonly #sender: Sender;
  readonly #proc: Proc;
  /** The living children, by pid. */
  readonly #children: ReadonlyMap<number, Child>;
  readonly #ownGroup: number;
  /** Whether signals go to whole groups. */
  readonly #byGroup: boolean;
  /** Children of ours from before we began, which are somebody else's. */
  #strangers: ReadonlySet<number> = new Set();
  #beganWithSome = false;
  /** All groups that children have led. */
  readonly #led = new Set<number>();
  /** Groups that signals go to although their leader has ended, and whether we wait for them. */
  readonly #groups = new Map<number, { awaited: boolean }>();
  readonly #heirs = new Map<number, Heir>();
  /** Processes below shells that SIGINT was sent to. */
  readonly #interrupted = new Set<number>();
  readonly #result = newWaitResult();

  constructor(host: Host, sender: Sender, children: ReadonlyMap<number, Child>, byGroup: boolean) {
    this.#host = host;
    this.#byGroup = byGroup;
    this.#sender = sender;
    this.#proc = new Proc(host);
    this.#children = children;
    this.#ownGroup = host.getpgid(0);
  }

  /** Call it before the first child is started. */
  begin(): void {
    this.#beganWithSome = this.#host.waitid(P_ALL, 0, LOOK, this.#result) >= 0;
    if (this.#beganWithSome) this.#strangers = new Set(this.#host.children());
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    const heirs = [...this.#heirs.values()].map(({ pid, row, mayExit, passed }) => [
      ...[pid, row?.number, mayExit],
      ...passed,
    ]);
    return [[...this.#led], [...this.#groups], heirs, [...this.#interrupted]];
  }

  started(child: Child): void {
    if (child.leads) this.#led.add(child.pid);
  }

  /** The leader of a group has ended. The group is kept until it is empty. */
  leaderEnded({ pid, leads }: Child, awaited: boolean): void {
    if (this.#byGroup && leads && this.#groupLives(pid)) this.#groups.set(pid, { awaited });
  }

  /** From now on we wait for all remaining groups. */
  awaitGroups(): void {
    for (const group of this.#groups.values()) group.awaited = true;
  }

  /** Whether anything is left that we wait for. */
  get awaited(): boolean {
    if (this.#heirs.size > 0) return true;
    this.#prune();
    for (const group of this.#groups.values()) if (group.awaited) return true;
    return false;
  }

  /** Whether only groups are left, whose end no signal reports. */
  get mustLook(): boolean {
    return this.#groups.size > 0;
  }

  /**
   * Takes in the processes of our session that we have adopted; others have moved to a session of
   * their own, as daemons do. Each gets the signal, unless it already has. Returns the pids of those
   * that were sent one.
   * @param row the child that left them, if a signal ended it: its end is that of the program it
   *   waited for, the one that was started last
   */
  inherit(row: ChildRow | null, ending: Ending): readonly number[] {
    const fresh = this.#host.children().filter((pid) => this.#isFresh(pid));
    const programs = row === null ? [] : fresh.filter((pid) => this.#mayStand(pid, ending));
    const program = Math.max(...programs);
    return fresh.filter((pid) => {
      const stands = pid === program ? row : null;
      const heir = { pid, row: stands, mayExit: true, passed: new Set([ending.signo]) };
      this.#heirs.set(pid, heir);
      const told = this.#tell(heir, ending);
      // Only now: from here on a program that does not handle the signal cannot begin to.
      if (stands !== null) heir.mayExit = mayHandleSignal(this.#proc, pid, ending.signo);
      return told;
    });
  }

  /**
   * Whether a shell may have waited for it. A shell starts background programs with SIGINT and
   * SIGQUIT ignored; a program that ended before its signal was only a step.
   */
  #mayStand(pid: number, ending: Ending): boolean {
    const background = [SIGINT, SIGQUIT].every((signo) => ignoresSignal(this.#proc, pid, signo));
    return !background && (this.#hasGot(pid, ending) || !this.#isDead(pid));
  }

  /** Whether the signal has already been sent to it, with its group or below its shell. */
  #hasGot(pid: number, { signo, toGroup }: Ending): boolean {
    if (signo === SIGKILL) return false;
    if (signo === SIGINT && this.#interrupted.has(pid)) return true;
    const pgid = this.#host.getpgid(pid);
    return (toGroup && pgid === this.#ownGroup) || (this.#byGroup && this.#led.has(pgid));
  }

  #tell({ pid, passed }: Heir, ending: Ending): boolean {
    const { signo, toEnd } = ending;
    // A shell starts programs that it does not wait for with SIGINT ignored.
    const deaf = toEnd && signo !== SIGTERM && ignoresSignal(this.#proc, pid, signo);
    if (this.#hasGot(pid, ending) && !deaf) return false;
    if (deaf) passed.add(SIGTERM);
    const sent = this.#sender.kill(pid, deaf ? SIGTERM : signo) === 'sent';
    if (toEnd) this.#sender.goOn(pid, deaf ? SIGTERM : signo);
    return sent;
  }

  #isFresh(pid: number): boolean {
    if (this.#children.has(pid) || this.#strangers.has(pid) || this.#heirs.has(pid)) return false;
    const pgid = this.#host.getpgid(pid);
    return pgid === this.#ownGroup || this.#led.has(pgid) || this.#isOfOurSession(pid);
  }

  /** A program such as timeout(1), or a shell with `set -m`, makes groups in the same session. */
  #isOfOurSession(pid: number): boolean {
    const own = this.#proc.stat(this.#host.getpid());
    return own !== undefined && this.#proc.stat(pid)?.session === own.session;
  }

  /**
   * Sends SIGINT to the programs below a shell, as a terminal would: dash does not end by a SIGINT
   * until its program has ended. Returns how many it was sent to.
   */
  interrupt(shell: number): number {
    const pids = [...this.#below(shell)];
    for (const pid of pids) this.#interrupted.add(pid);
    const sent = pids.filter((pid) => this.#sender.kill(pid, SIGINT) === 'sent').length;
    for (const pid of pids) this.#sender.goOn(pid, SIGINT);
    return sent;
  }

  /**
   * The processes below one in its session, outermost first. Those of another group are left to the
   * process that leads it.
   */
  *#below(pid: number): Generator<number> {
    const parent = this.#proc.stat(pid);
    const text = this.#proc.read(pid, `task/${pid}/children`) ?? '';
    for (const child of text
      .split(' ')
      .filter((word) => word !== '')
      .map(Number)) {
      const stat = this.#proc.stat(child);
      if (stat === undefined || stat.session !== parent?.session) continue;
      yield child;
      if (stat.pgrp === parent.pgrp) yield* this.#below(child);
    }
  }

  /** An adopted process was reaped, or is given up. Returns it if it was one of these. */
  ended(pid: number): Heir | undefined {
    const heir = this.#heirs.get(pid);
    this.#heirs.delete(pid);
    this.#interrupted.delete(pid);
    return heir;
  }

  /** Whether a signal to these processes reaches it. */
  has(pid: number): boolean {
    return this.#heirs.has(pid) || this.#groups.has(this.#host.getpgid(pid));
  }

  /**
   * Sends a signal to all.
   * @param toGroup whether those in our own group already have it
   * @param toEnd whether they are to end by it
   */
  send(signo: number, toGroup: boolean, toEnd: boolean): Sending {
    const sending: Sending = { sent: 0, refused: [] };
    this.#prune();
    for (const pgid of this.#groups.keys()) {
      note(sending, this.#sender.killGroup(pgid, signo), -pgid);
      if (toEnd) this.#sender.goOn(-pgid, signo);
    }
    for (const heir of this.#heirs.values()) {
      heir.passed.add(signo);
      const pgid = this.#host.getpgid(heir.pid);
      const has = this.#groups.has(pgid) || (toGroup && pgid === this.#ownGroup);
      // A group's signal may have reached only other members.
      if (!has || signo === SIGKILL) note(sending, this.#sender.kill(heir.pid, signo), heir.pid);
      if (toEnd) this.#sender.goOn(heir.pid, signo);
    }
    return sending;
  }

  /** SIGKILL was sent to all: groups are no longer waited for. */
  forgetGroups(): void {
    this.#groups.clear();
  }

  /** Living children of ours that nobody has to end; empty if /proc hides them, null for none. */
  left(): readonly number[] | null {
    if (this.#host.waitid(P_ALL, 0, LOOK, this.#result) < 0) return null;
    if (this.#proc.stat(this.#host.getpid()) === undefined) {
      return this.#result.pid === 0 && !this.#beganWithSome ? [] : null;
    }
    const pids = this.#host
      .children()
      .filter((pid) => !this.#strangers.has(pid) && !this.#children.has(pid) && !this.#isDead(pid));
    return pids.length === 0 ? null : pids;
  }

  #isDead(pid: number): boolean {
    return this.#host.waitid(P_PID, pid, LOOK, this.#result) < 0 || this.#result.pid !== 0;
  }

  #prune(): void {
    for (const pgid of this.#groups.keys()) if (!this.#groupLives(pgid)) this.#groups.delete(pgid);
  }

  /**
   * Whether the group exists. If it is gone, a process of that number is a stranger's: the kernel
   * reuses pids.
   */
  #groupLives(pgid: number): boolean {
    if (this.#host.kill(-pgid, 0) === -ESRCH) return false;
    return this.#host.kill(pgid, 0) === -ESRCH;
  }
}

/** Records the result of one signal. */
export function note(sending: Sending, sent: Sent, target: number): void {
  if (sent === 'sent') sending.sent++;
  if (sent === 'refused') sending.refused.push(target);
}
