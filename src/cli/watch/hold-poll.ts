import {
  O_CLOEXEC,
  O_NONBLOCK,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SIGABRT,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGNALFD_SIGINFO_SIZE,
  SIGQUIT,
  SIGTERM,
  SIGTSTP,
  SIGWINCH,
} from '../../host/constants.ts';
import { EINTR } from '../../host/errno.ts';
import type { Disposable, Host, HostBuffer } from '../../host/host.ts';
import type { Arrivals } from '../../signal/sigfd.ts';
import type { Signals } from '../../signal/signals.ts';

/** What the loop must not be kept from: whoever sends one wants it to be served. */
const URGENT = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGABRT];

/** Of a poll: the three that are always looked at, and the terminal where it is to be written. */
const PLACES = 4;
const ROOM = 3;
/** A terminal that takes nothing for so long is not read, and must not keep us from our end. */
const PATIENCE_NS = 2e9;

/** What ended a wait. More than one may have. */
export interface Woken {
  keys: boolean;
  resized: boolean;
  urgent: boolean;
  room: boolean;
}

/**
 * What is served while the loop stands still: the terminal, and signalfds of its
 * own, by which it sees urgent signals without taking them from the loop. Without
 * signals that are the loop's, the terminal alone.
 */
export class HoldPoll implements Disposable {
  readonly woken: Woken = {
    keys: false,
    resized: false,
    urgent: false,
    room: false,
  };
  readonly #host: Host;
  readonly #pollfds: HostBuffer;
  readonly #record: HostBuffer;
  readonly #fds: readonly number[];
  readonly #own: readonly number[];
  /** In compat mode, where records stay for the loop to read. */
  readonly #arrivals: Arrivals | null;
  /** SIGWINCH that was read here, and that the loop is still to see. */
  #owesResize = false;

  constructor(host: Host, tty: number, signals: Signals | null) {
    this.#host = host;
    this.#pollfds = host.alloc(8 * PLACES);
    this.#record = host.alloc(SIGNALFD_SIGINFO_SIZE);
    if (signals?.sigfd === 'native') {
      this.#own = [URGENT, [SIGWINCH]].map((set) => host.signalfd(-1, set, O_CLOEXEC | O_NONBLOCK));
    } else {
      this.#own = [];
    }
    this.#arrivals = signals?.source.arrivals ?? null;
    this.#fds = [tty, this.#own[0] ?? this.#arrivals?.fd ?? -1, this.#own[1] ?? -1];
  }

  /**
   * Waits for at most so many ns, -1 without limit.
   * @param roomFd a descriptor that is to be written; -1 for none
   */
  wait(timeoutNs: number, roomFd: number): Woken {
    const words = this.#pollfds.i32;
    for (const [i, fd] of this.#fds.entries()) {
      words[2 * i] = fd;
      words[2 * i + 1] = POLLIN;
    }
    words[2 * ROOM] = roomFd;
    words[2 * ROOM + 1] = POLLOUT;
    const ret = this.#host.poll(this.#pollfds, PLACES, timeoutNs);
    const has = (i: number): boolean =>
      ret > 0 && ((words[2 * i + 1]! >>> 16) & (POLLIN | POLLOUT | POLLHUP | POLLERR)) !== 0;
    this.woken.keys = has(0);
    this.woken.urgent = has(1) && this.#isUrgent();
    this.woken.resized = has(2);
    this.woken.room = has(ROOM);
    if (this.woken.resized) {
      this.#host.read(this.#fds[2]!, this.#record, 0, SIGNALFD_SIGINFO_SIZE);
      this.#owesResize = true;
    }
    return this.woken;
  }

  #isUrgent(): boolean {
    this.#arrivals?.collect();
    return this.#arrivals?.has(URGENT) ?? true;
  }

  /** Whether the terminal has anything to read. */
  hasKeys(): boolean {
    return this.wait(0, -1).keys;
  }

  /** Waits until a descriptor can be written. Returns false where that takes too long, or something urgent comes. */
  waitForRoom(fd: number): boolean {
    const words = this.#pollfds.i32;
    words[0] = this.#fds[1]!;
    words[1] = POLLIN;
    words[2] = fd;
    words[3] = POLLOUT;
    let ret: number;
    do ret = this.#host.poll(this.#pollfds, 2, PATIENCE_NS);
    while (ret === -EINTR);
    return ret > 0 && words[1]! >>> 16 === 0;
  }

  /** The loop goes on: it sees the SIGWINCH that it would have seen. */
  settle(): void {
    if (!this.#owesResize) return;
    this.#owesResize = false;
    this.#host.kill(this.#host.getpid(), SIGWINCH);
  }

  dispose(): void {
    this.settle();
    for (const fd of this.#own) this.#host.close(fd);
  }
}
