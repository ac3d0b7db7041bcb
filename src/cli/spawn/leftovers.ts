import {
  P_ALL,
  SIGCONT,
  SIGKILL,
  SIGTERM,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../host/constants.ts';
import { ECHILD, EINTR, HostError } from '../../host/errno.ts';
import { type Host, newWaitResult } from '../../host/host.ts';
import { note, type Sending } from './families.ts';
import type { Sender } from './sender.ts';

/** kill(2)'s number for all processes but ourselves: as pid 1, of our pid namespace. */
const EVERYBODY = -1;

/**
 * Processes that came to us when their own parents had ended, and that are to end
 * too. Where we end nobody but the children there are none.
 */
export class Leftovers {
  readonly #host: Host;
  readonly #adopts: boolean;
  readonly #sender: Sender;
  readonly #isTold: (pid: number) => boolean;
  /** Those that were told to end. */
  readonly #told = new Set<number>();
  readonly #givenUp = new Set<number>();
  #toldEverybody = false;

  /** @param isTold whether another part has told that process, and waits for it */
  constructor(host: Host, adopts: boolean, sender: Sender, isTold: (pid: number) => boolean) {
    this.#host = host;
    this.#adopts = adopts;
    this.#sender = sender;
    this.#isTold = isTold;
  }

  /**
   * Whether any is left, dead or alive.
   * @throws HostError where the kernel does not say
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

  /** Tells those to end that were not told yet. */
  tell(): Sending {
    const sending: Sending = { sent: 0, refused: [] };
    const pids = this.#pids();
    if (pids.length === 0) this.#tellEverybody(sending);
    for (const pid of pids) {
      if (this.#told.has(pid) || this.#isTold(pid)) continue;
      this.#told.add(pid);
      note(sending, this.#sender.kill(pid, SIGTERM), pid);
      // One that is stopped could not end.
      this.#host.kill(pid, SIGCONT);
    }
    return sending;
  }

  /** SIGKILL to all there are now. */
  kill(): Sending {
    const sending: Sending = { sent: 0, refused: [] };
    const pids = this.#pids();
    for (const pid of pids) note(sending, this.#sender.kill(pid, SIGKILL), pid);
    if (pids.length === 0 && this.#hides()) this.#sendEverybody(sending, SIGKILL);
    return sending;
  }

  ended(pid: number): void {
    this.#told.delete(pid);
    this.#givenUp.delete(pid);
  }

  /** It cannot be ended, and is not waited for. */
  giveUp(pid: number): void {
    this.#givenUp.add(pid);
  }

  /** Where /proc does not show who they are, pid 1 can end them all the same. */
  #hides(): boolean {
    return this.#adopts && this.#host.getpid() === 1 && this.any;
  }

  #tellEverybody(sending: Sending): void {
    if (this.#toldEverybody || !this.#hides()) return;
    this.#toldEverybody = true;
    this.#sendEverybody(sending, SIGTERM);
    this.#host.kill(EVERYBODY, SIGCONT);
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
