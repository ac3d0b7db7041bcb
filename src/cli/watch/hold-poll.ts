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

/** Signals that must reach the loop even while it is paused: their senders expect an answer. */
const URGENT = [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGABRT];

/** Entries of a poll: three that are always there, and the terminal if there is output for it. */
const PLACES = 4;
const ROOM = 3;
/**
 * After this time without taking output a terminal counts as unread, and must not delay our
 * end.
 */
const PATIENCE_NS = 2e9;

/** The reasons why a wait ended; there may be more than one. */
export interface Woken {
  keys: boolean;
  resized: boolean;
  urgent: boolean;
  room: boolean;
}

/**
 * Waits while the loop is paused: for the terminal, and for signalfds of its own that show
 * urgent signals without taking them from the loop. If the loop has no signals, it waits for
 * the terminal alone.
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
  /** Set in compat mode, in which records stay for the loop to read. */
  readonly #arrivals: Arrivals | null;
  /** Whether a SIGWINCH was read here that the loop has not seen yet. */
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
   * Waits.
   * @param timeoutNs the longest time, ns; -1 for no limit
   * @param roomFd a descriptor to wait for until it is writable; -1 for none
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

  /** Whether there are keys to read from the terminal. */
  hasKeys(): boolean {
    return this.wait(0, -1).keys;
  }

  /**
   * Waits until a descriptor is writable. Returns false if that takes too long, or if an
   * urgent signal comes.
   */
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

  /** Sends the loop the SIGWINCH that was read here. Call it when the loop continues. */
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
