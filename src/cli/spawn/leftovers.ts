import { P_ALL, SIGKILL, SIGTERM, WEXITED, WNOHANG, WNOWAIT } from '../../host/constants.ts';
import { ECHILD, EINTR, HostError } from '../../host/errno.ts';
import { type Host, newWaitResult } from '../../host/host.ts';
import type { Sender } from './sender.ts';
import { note, type Sending } from './sending.ts';

/** kill(2)'s pid for all processes except us: as pid 1, all of our pid namespace. */
const EVERYBODY = -1;

/**
 * Processes that we adopted when their own parents ended, and that must end too. There are none if
 * we only end the children.
 */
export class Leftovers {
  readonly #host: Host;
  readonly #adopts: boolean;
  readonly #sender: Sender;
  readonly #isTold: (pid: number) => boolean;
  /** Processes that were told to end. */
  readonly #told = new Set<number>();
  readonly #givenUp = new Set<number>();
  #toldEverybody = false;

  /** @param isTold whether another part has told that process to end, and waits for it */
  constructor(host: Host, adopts: boolean, sender: Sender, isTold: (pid: number) => boolean) {
    this.#host = host;
    this.#adopts = adopts;
    this.#sender = sender;
    this.#isTold = isTold;
  }

  /**
   * Whether any is left, dead or alive.
   * @throws HostError if the kernel refuses to tell
   */
  get any(): boolean {
    if (!this.#adopts) return false;
    const options = WEXITED | WNOHANG | WNOWAIT;
    let ret: number;
    do ret = this.#host.waitid(P_ALL, 0, options, newWaitResult());
    while (ret === -EINTR);
    if (ret === -ECHILD) return false;
    if (ret < 0) throw new HostError(ret, 'waitid');
    return this.#givenUp.size === 0 || this.#pids().length > 0;
  }

  /** Tells the processes to end that were not told yet. */
  tell(): Sending {
    const sending: Sending = { sent: 0, refused: [] };
    const pids = this.#pids();
    if (pids.length === 0) this.#tellHidden(sending);
    for (const pid of pids) {
      if (this.#told.has(pid) || this.#isTold(pid)) continue;
      this.#told.add(pid);
      note(sending, this.#sender.kill(pid, SIGTERM), pid);
      this.#sender.goOn(pid, SIGTERM);
    }
    return sending;
  }

  /** Sends SIGKILL to all of them. */
  kill(): Sending {
    const sending: Sending = { sent: 0, refused: [] };
    const pids = this.#pids();
    for (const pid of pids) note(sending, this.#sender.kill(pid, SIGKILL), pid);
    if (pids.length === 0 && this.#hides()) this.#sendEverybody(sending, SIGKILL);
    return sending;
  }

  /** See Supervisor.state. */
  get state(): readonly unknown[] {
    return [[...this.#told], [...this.#givenUp], this.#toldEverybody];
  }

  ended(pid: number): void {
    this.#told.delete(pid);
    this.#givenUp.delete(pid);
  }

  /** The process cannot be ended, and is not waited for. */
  giveUp(pid: number): void {
    this.#givenUp.add(pid);
  }

  /** Whether /proc does not show the processes; even then pid 1 can end them. */
  #hides(): boolean {
    return this.#adopts && this.#host.getpid() === 1 && this.any;
  }

  #tellHidden(sending: Sending): void {
    if (this.#toldEverybody) return;
    if (!this.#hides()) {
      this.#sender.cannotSee();
      return;
    }
    this.#toldEverybody = true;
    this.#sendEverybody(sending, SIGTERM);
    this.#sender.goOn(EVERYBODY, SIGTERM);
  }

  #sendEverybody(sending: Sending, signo: number): void {
    const sent = this.#sender.kill(EVERYBODY, signo);
    note(sending, sent, EVERYBODY);
    sending.everybody = sent === 'sent';
  }

  #pids(): readonly number[] {
    if (!this.#adopts) return [];
    return this.#host.children().filter((pid) => !this.#givenUp.has(pid));
  }
}
