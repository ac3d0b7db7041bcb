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
import { Below } from './below.ts';
import type { Ending, Fallen, Heir } from './heir.ts';
import type { Child } from './launcher.ts';
import type { Options } from './options.ts';
import { ignoresSignal, mayHandleSignal } from './process-name.ts';
import type { Sender } from './sender.ts';
import { note, type Sending } from './sending.ts';

const LOOK = WEXITED | WNOHANG | WNOWAIT;

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
  /** Signals that the children start with ignored. */
  readonly #ignoredByAll: readonly number[];
  /** Children of ours from before we began, which are somebody else's. */
  #strangers: ReadonlySet<number> = new Set();
  #beganWithSome = false;
  /** All groups that children have led. */
  readonly #led = new Set<number>();
  /** Groups that signals go to although their leader has ended, and whether we wait for them. */
  readonly #groups = new Map<number, { awaited: boolean }>();
  readonly #heirs = new Map<number, Heir>();
  readonly #below: Below;
  readonly #result = newWaitResult();

  constructor(
    host: Host,
    sender: Sender,
    children: ReadonlyMap<number, Child>,
    { group, ignoreSignals }: Pick<Options, 'group' | 'ignoreSignals'>,
  ) {
    this.#host = host;
    this.#byGroup = group;
    this.#ignoredByAll = ignoreSignals;
    this.#sender = sender;
    this.#proc = new Proc(host);
    this.#children = children;
    this.#below = new Below(host, sender);
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
    return [[...this.#led], [...this.#groups], heirs, ...this.#below.state];
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
   * @param fallen the process that left them, if its end counts for a child
   */
  inherit(fallen: Fallen | null, ending: Ending): readonly number[] {
    const { signo } = ending;
    const fresh = this.#host.children().filter((pid) => this.#isFresh(pid));
    const program = fallen === null ? undefined : this.#programOf(fallen.pid, fresh, ending);
    for (const pid of fresh) {
      this.#heirs.set(pid, { pid, row: null, mayExit: true, passed: new Set([signo]) });
    }
    if (program !== undefined) this.#heirs.get(program)!.row = fallen!.row;
    return fresh.filter((pid) => {
      const heir = this.#heirs.get(pid)!;
      const before = this.#mayHandle(pid, signo);
      const told = this.#tell(heir, ending);
      // From here on a program that does not handle the signal cannot begin to; one that did may
      // have ceased to while it exits.
      heir.mayExit = before || this.#mayHandle(pid, signo);
      return told;
    });
  }

  /**
   * The program that a shell waited for when it fell: the one that was started last. If several
   * shells fell at once, it may have been adopted when another's end was seen.
   */
  #programOf(shell: number, fresh: readonly number[], ending: Ending): number | undefined {
    const { signo } = ending;
    const adopted = [...this.#heirs.values()].filter(
      ({ pid, row, passed }) =>
        row === null && passed.has(signo) && this.#below.isKnownProgram(pid, shell, signo) === true,
    );
    const programs = [
      ...adopted.map(({ pid }) => pid).filter((pid) => !this.#isBackground(pid)),
      ...fresh.filter((pid) => this.#mayStand(pid, shell, ending)),
    ];
    return programs.length === 0 ? undefined : Math.max(...programs);
  }

  /** Whether a shell may have waited for it. A program that ended before its signal was only a step. */
  #mayStand(pid: number, shell: number, ending: Ending): boolean {
    if (this.#below.isKnownProgram(pid, shell, ending.signo) === false) return false;
    return !this.#isBackground(pid) && (this.#hasGot(pid, ending) || !this.#isDead(pid));
  }

  /**
   * Whether a shell does not wait for it: it starts such programs with SIGINT and SIGQUIT ignored.
   * With --ignore-signal all may be so.
   */
  #isBackground(pid: number): boolean {
    const ignored = [SIGINT, SIGQUIT].filter((signo) => !this.#ignoredByAll.includes(signo));
    return ignored.length > 0 && ignored.every((signo) => ignoresSignal(this.#proc, pid, signo));
  }

  /** Whether it may do as it likes with a signal, or might when that was sent. */
  #mayHandle(pid: number, signo: number): boolean {
    return this.#below.couldHandle(pid, signo) || mayHandleSignal(this.#proc, pid, signo);
  }

  /** Whether the signal has already been sent to it, with its group or below its shell. */
  #hasGot(pid: number, { signo, toGroup }: Ending): boolean {
    if (signo === SIGKILL) return false;
    if (signo === SIGINT && this.#below.wasInterrupted(pid)) return true;
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

  /** After a SIGINT that only shells were sent: see Below.interrupt. Returns to how many. */
  interruptBelow(): number {
    if (this.#byGroup) return 0;
    let sent = 0;
    for (const pid of this.#children.keys()) sent += this.#below.interrupt(pid);
    for (const pid of this.#heirs.keys()) sent += this.#below.interrupt(pid);
    return sent;
  }

  /** Call it before a signal is sent. */
  foresee(signo: number): void {
    const pids = [...this.#children.keys(), ...this.#heirs.keys()];
    // The program of a single shell is found without.
    if (this.#byGroup || signo === SIGINT || pids.length > 1) {
      this.#below.foresee(pids, signo, this.#byGroup);
    }
  }

  /** An adopted process was reaped, or is given up. Returns it if it was one of these. */
  ended(pid: number): Heir | undefined {
    const heir = this.#heirs.get(pid);
    this.#heirs.delete(pid);
    this.#below.ended(pid);
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
