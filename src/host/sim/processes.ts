/** All processes: how they start, stop, end, are adopted and reaped. */
import * as C from '../constants.ts';
import { EAGAIN, EBADF, ENOTTY, EPERM, EPIPE } from '../errno.ts';
import type { SpawnRequest } from '../host.ts';
import { needsRoot } from '../spawn-request.ts';
import { stopWaiting, writeOutput } from './child-output.ts';
import type { VirtualClock } from './clock.ts';
import type { FdTable } from './file.ts';
import { ProcessGroups } from './groups.ts';
import { inSet, PendingSet, SignalInfo } from './pending.ts';
import { updatePidfds } from './pidfd.ts';
import { IDLE, Process, type ProcessDriver, type Program } from './process.ts';
import { ignoredByDefault, stops } from './signal-actions.ts';
import type { Signals } from './signals.ts';
import { WaitQueue } from './wait-queue.ts';

/** This process and its children; its parent is a shell that leads the session. */
export const SELF_PID = 1000;
const SHELL_PID = 999;
const INIT_PID = 1;
/** The user of every simulated process except init and the shell. */
export const UID = 1000;
const NS_PER_TICK = 10e6;

export class Processes implements ProcessDriver {
  readonly self: Process;
  readonly groups = new ProcessGroups();
  readonly waits = new WaitQueue();
  readonly #clock: VirtualClock;
  readonly #signals: Signals;
  readonly #fds: FdTable;
  readonly #byPid = new Map<number, Process>();
  readonly #init: Process;
  /** Time of death by pid - SELF_PID; -1 for the living. */
  readonly #deathNs: number[] = [-1];
  #lastPid = SELF_PID;

  constructor(clock: VirtualClock, signals: Signals, fds: FdTable) {
    this.#clock = clock;
    this.#signals = signals;
    this.#fds = fds;
    this.#init = new Process(this, INIT_PID, IDLE, null);
    const shell = new Process(this, SHELL_PID, IDLE, null);
    shell.parent = this.#init;
    this.self = new Process(this, SELF_PID, IDLE, shell);
    this.self.pgid = SELF_PID;
    for (const process of [this.#init, shell, this.self]) {
      this.#byPid.set(process.pid, process);
      this.groups.add(process);
    }
  }

  get(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }

  all(): IterableIterator<Process> {
    return this.#byPid.values();
  }

  /** Whether this is init or the shell, which we may not signal. */
  isForeign(process: Process): boolean {
    return process.pid < SELF_PID;
  }

  deathNs(pid: number): number {
    return this.#deathNs[pid - SELF_PID] ?? -1;
  }

  /** The id of a thread that is made: threads have numbers as processes have. */
  newTid(): number {
    this.#deathNs.push(-1);
    return ++this.#lastPid;
  }

  /** posix_spawn(3); if program is undefined, exec fails with error. */
  spawn(program: Program | undefined, request: SpawnRequest, error: number): number {
    const refused = this.#refusal(request);
    if (refused !== 0) return this.#failedChild(refused);
    if (program === undefined) {
      // A name is looked up before a process is started.
      return request.file.includes('/') ? this.#failedChild(error) : error;
    }
    const { pgroup } = request;
    const child = this.#fork(this.self, program);
    if (request.setsid === true) child.sid = child.pid;
    if (request.setsid === true || pgroup === 0) this.groups.move(child, child.pid);
    else if (pgroup !== undefined) this.groups.move(child, pgroup);
    if (request.ignoreSignals !== undefined) child.ignoreToo(request.ignoreSignals);
    child.files = this.#fds.childFiles(request);
    this.#start(child);
    return child.pid;
  }

  /** The error that the child hits before exec; 0 if there is none. */
  #refusal(request: SpawnRequest): number {
    const { pgroup, fds = [], keepFds = [], foregroundTty } = request;
    if (pgroup !== undefined && pgroup !== 0 && !this.groups.inSession(pgroup, this.self.sid)) {
      return -EPERM;
    }
    const kept = keepFds.filter((fd) => fd >= fds.length);
    for (const fd of [...fds, ...kept]) if (this.#fds.get(fd) === undefined) return -EBADF;
    if (foregroundTty === undefined) return needsRoot(request, UID) ? -EPERM : 0;
    return this.#fds.get(foregroundTty) === undefined ? -EBADF : -ENOTTY;
  }

  /**
   * posix_spawn learns of such errors from a child that exits with 127. The child is reaped before
   * posix_spawn returns, but its SIGCHLD has already been sent.
   */
  #failedChild(error: number): number {
    const child = this.#fork(this.self, IDLE);
    this.#exit(child, C.CLD_EXITED, 127);
    if (child.state === 'zombie') this.reap(child);
    return error;
  }

  #fork(parent: Process, program: Program): Process {
    const child = new Process(this, ++this.#lastPid, program, parent);
    this.#deathNs.push(-1);
    this.#byPid.set(child.pid, child);
    this.groups.add(child);
    this.#adopt(child, parent);
    return child;
  }

  #start(child: Process): void {
    // The grandchildren start before the child opens or ignores anything; they hold none of its
    // descriptors.
    for (let i = child.program.behaviour.children ?? 0; i > 0; i--) {
      this.#fork(child, IDLE).phase = 'idle';
    }
    this.act(child);
  }

  /** Does a process's next act: writes the rest, sleeps, or ends. */
  act(process: Process): void {
    if (!process.alive) return;
    if (process.state === 'stopped') {
      process.overdue = true;
      return;
    }
    if (process.phase === 'sleeping') this.#end(process);
    else if (process.phase === 'leaving') this.#exit(process, C.CLD_EXITED, 0);
    else if (process.phase === 'writing') this.#write(process);
  }

  #write(process: Process): void {
    const outcome = writeOutput(process);
    if (outcome === -EAGAIN) return;
    if (outcome === -EPIPE) {
      this.signal(process, new SignalInfo(C.SIGPIPE, C.SI_USER, process.pid, UID));
    }
    if (process.alive) this.#sleep(process);
  }

  /** There may be room in its stdout: it checks the next time it runs. */
  wake(process: Process): void {
    if (process.index < 0) this.#clock.schedule(process, this.#clock.nowNs);
  }

  #sleep(process: Process): void {
    const { afterNs, withinNs, then } = process.program.behaviour;
    if (afterNs === undefined && then === undefined) {
      process.phase = 'idle';
      return;
    }
    process.phase = 'sleeping';
    this.#clock.schedule(process, this.#clock.nowNs + (afterNs ?? 0), withinNs);
  }

  #end(process: Process): void {
    const { then } = process.program.behaviour;
    const how = then ?? { exit: 0 };
    if ('exit' in how) {
      this.#exit(process, C.CLD_EXITED, how.exit & 0xff);
      return;
    }
    const signo = 'signal' in how ? how.signal : C.SIGSTOP;
    // A shell whose kill did not end it runs to its own end; one that stops itself stays.
    process.phase = 'signal' in how ? 'leaving' : 'idle';
    this.signal(process, new SignalInfo(signo, C.SI_USER, process.pid, UID));
    this.act(process);
  }

  /** Delivers a signal to a process other than this one. */
  signal(process: Process, info: SignalInfo): void {
    const { signo } = info;
    if (!process.alive) return;
    const { ignoreLo, ignoreHi } = process;
    if (signo === C.SIGKILL) this.#exit(process, C.CLD_KILLED, signo);
    else if (signo === C.SIGSTOP) this.#stop(process, signo);
    else if (signo === C.SIGCONT) this.#continue(process);
    else if (inSet(ignoreLo, ignoreHi, signo) || ignoredByDefault(signo)) return;
    else if (stops(signo)) this.#stop(process, signo);
    else if (process.state === 'running') this.#exit(process, C.CLD_KILLED, signo);
    else {
      process.pending ??= new PendingSet();
      process.pending.add(info);
    }
  }

  #stop(process: Process, signo: number): void {
    if (process.state === 'stopped') return;
    // A terminal's stop signals would stop members that nobody is left to continue.
    if (signo !== C.SIGSTOP && this.groups.isOrphaned(process.pgid)) return;
    process.state = 'stopped';
    process.stoppedBy = signo;
    process.continued = false;
    this.#notifyOfStop(process, C.CLD_STOPPED, signo);
  }

  #continue(process: Process): void {
    if (process.state !== 'stopped') return;
    process.state = 'running';
    process.stoppedBy = 0;
    process.continued = true;
    this.#notifyOfStop(process, C.CLD_CONTINUED, C.SIGCONT);
    const fatal = process.pending?.take(-1, -1) ?? null;
    const { overdue } = process;
    process.overdue = false;
    if (fatal !== null) this.#exit(process, C.CLD_KILLED, fatal.signo);
    else if (overdue) this.act(process);
  }

  #notifyOfStop(process: Process, code: number, signo: number): void {
    if (process.parent !== this.self) return;
    this.waits.changed(process);
    const { actions } = this.#signals;
    if (actions.handler(C.SIGCHLD) === C.SIG_IGN) return;
    if ((actions.flags(C.SIGCHLD) & C.SA_NOCLDSTOP) !== 0) return;
    this.#sendSigchld(process, code, signo);
  }

  #exit(process: Process, code: number, status: number): void {
    this.#clock.cancel(process);
    process.state = 'zombie';
    process.code = code;
    process.status = status;
    process.stoppedBy = 0;
    process.continued = false;
    this.#deathNs[process.pid - SELF_PID] = this.#clock.nowNs;
    this.#dropFiles(process);
    const orphans = this.groups.leftStopped(process);
    const reaper = this.self.subreaper ? this.self : this.#init;
    for (const child of process.children.values()) {
      this.#adopt(child, reaper);
      if (!child.alive) this.#notifyOfEnd(child);
    }
    process.children.clear();
    for (const orphan of orphans) {
      this.signal(orphan, new SignalInfo(C.SIGHUP, C.SI_KERNEL, 0, 0));
      this.signal(orphan, new SignalInfo(C.SIGCONT, C.SI_KERNEL, 0, 0));
    }
    updatePidfds(process);
    this.#notifyOfEnd(process);
  }

  #dropFiles(process: Process): void {
    stopWaiting(process);
    for (const file of process.files) file?.release();
    process.files.length = 0;
  }

  #adopt(child: Process, parent: Process): void {
    child.parent = parent;
    parent.children.set(child.pid, child);
    if (parent === this.self) this.waits.adopted(child);
  }

  #notifyOfEnd(process: Process): void {
    if (process.parent === this.#init) this.reap(process);
    if (process.parent !== this.self) return;
    this.waits.changed(process);
    const reapsItself = this.#signals.reapsByItself();
    // Only SIG_IGN suppresses the parent's signal; SA_NOCLDWAIT does not.
    if (this.#signals.actions.handler(C.SIGCHLD) !== C.SIG_IGN) {
      this.#sendSigchld(process, process.code, process.status);
    }
    if (reapsItself) this.reap(process);
  }

  #sendSigchld(process: Process, code: number, status: number): void {
    const info = new SignalInfo(C.SIGCHLD, code, process.pid, UID);
    info.status = status;
    info.utimeTicks = Math.floor(process.program.usage.utimeNs / NS_PER_TICK);
    info.stimeTicks = Math.floor(process.program.usage.stimeNs / NS_PER_TICK);
    this.#signals.send(info, null);
  }

  /** Removes a zombie for good. */
  reap(process: Process): void {
    process.state = 'reaped';
    if (process.parent === this.self) this.waits.reaped(process);
    process.parent?.children.delete(process.pid);
    this.#byPid.delete(process.pid);
    this.groups.remove(process);
    updatePidfds(process);
  }
}
