/** The Host of a simulated thread other than main, in its own Worker. */

import { checkArray, checkFunction, checkNs } from '../../arguments.ts';
import type { ChildBehaviour } from '../../behaviour.ts';
import { Belongings } from '../../belongings.ts';
import { HOST_CALL_NAMES, type HostCallName } from '../../calls.ts';
import { CloseListeners } from '../../close-listeners.ts';
import { CLOCK_MONOTONIC, CLOCK_REALTIME, F_GETFD } from '../../constants.ts';
import { EBADF, EINVAL } from '../../errno.ts';
import type { Disposable, Host, HostBuffer, SignalPipe, SpawnRequest } from '../../host.ts';
import { BlockingNodeWait, type NodeWait } from '../../node-wait.ts';
import type { PollRing } from '../../poll-ring.ts';
import { takeSpawnRequest } from '../../spawn-request.ts';
import { EPOLL_DATA_WORD, EPOLL_STRIDE } from '../epoll.ts';
import { SimBuffer } from '../memory.ts';
import type { Usage } from '../process.ts';
import { HANDLER_ADDRESS } from '../signal-actions.ts';
import { SimSignalPipe } from '../signal-pipe.ts';
import { type Submission, UserRing } from '../user-ring.ts';
import { KernelLine } from './line.ts';
import type { CallName, SimTicket } from './messages.ts';

/** Yields in a row after which each takes longer, as in the kernel. */
const MANY_YIELDS = 16;
const YIELD_NS = 1000;

/** The calls that are not just sent to the kernel. */
type Own =
  | 'alloc'
  | 'allocShared'
  | 'attach'
  | 'clockNs'
  | 'schedYield'
  | 'onClose'
  | 'close'
  | 'openSignalPipe'
  | 'openPollRing'
  | 'openNodeWait'
  | 'spawn'
  | 'spawnAll'
  | 'dispose';

/** Has a method for each call, which sends it to the kernel. */
function sender(): abstract new () => Pick<Host, Exclude<HostCallName, Own>> {
  abstract class Sender {}
  for (const name of HOST_CALL_NAMES) {
    const value = function (this: SimThreadHost, ...args: unknown[]): unknown {
      return this.send(name, args);
    };
    Object.defineProperty(Sender.prototype, name, { value, configurable: true, writable: true });
  }
  return Sender as abstract new () => Pick<Host, Exclude<HostCallName, Own>>;
}

/**
 * The simulated kernel, as a thread other than main sees it: make it in the thread's own Worker, of
 * the ticket that SimHost.newThread gave. Its constructor returns when the thread gets the processor
 * for the first time. Each call is made by the kernel, in main; another thread may run before it
 * returns. A clock is read without that.
 *
 * The thread ends with dispose(), also if its Worker exits in another way.
 */
export class SimThreadHost extends sender() implements Host {
  readonly belongings = new Belongings();
  readonly kind = 'sim';
  readonly description = 'simulated host';
  readonly epollStride = EPOLL_STRIDE;
  readonly epollDataWord = EPOLL_DATA_WORD;
  readonly handlerAddress = HANDLER_ADDRESS;
  readonly keepsBlocked = true;
  readonly #ticket: SimTicket;
  readonly #line: KernelLine;
  readonly #closeListeners = new CloseListeners();
  #clockRestNs = 0;
  #yields = 0;
  /** Whether a thread was made whose Worker may not exist yet. */
  #hasMade = false;
  #ended = false;

  constructor(ticket: SimTicket) {
    super();
    this.#ticket = ticket;
    this.#line = new KernelLine(ticket);
  }

  /** CLOCK_MONOTONIC, read without taking time. */
  get nowNs(): number {
    return this.#line.nowNs;
  }

  get clockRestNs(): number {
    return this.#clockRestNs;
  }

  alloc(bytes: number): HostBuffer {
    return SimBuffer.shared(bytes);
  }

  allocShared(bytes: number): HostBuffer {
    return SimBuffer.shared(bytes);
  }

  attach(memory: SharedArrayBuffer, bytes: number): HostBuffer {
    return SimBuffer.over(memory, bytes);
  }

  clockNs(clock: number): number {
    const ns = this.nowNs;
    this.#yields = 0;
    this.#clockRestNs = 0;
    if (clock !== CLOCK_MONOTONIC && clock !== CLOCK_REALTIME) {
      this.send('clockNs', [clock]);
      return -EINVAL;
    }
    if (!this.#line.tick()) this.send('clockNs', [CLOCK_MONOTONIC]);
    if (clock === CLOCK_MONOTONIC) return ns;
    const { realtimeOffsetNs } = this.#ticket;
    const realtimeNs = realtimeOffsetNs + ns;
    this.#clockRestNs = ns - (realtimeNs - realtimeOffsetNs);
    return realtimeNs;
  }

  schedYield(): number {
    this.#yields++;
    const line = this.#line;
    if (this.#hasMade) {
      this.#hasMade = false;
      this.send('schedYield', []);
    } else if (this.#yields > MANY_YIELDS && !line.isStill && line.others === 0) {
      this.send('advance', [YIELD_NS]);
    } else if (!this.#line.tick()) {
      this.send('schedYield', []);
    } else {
      return 0;
    }
    return 0;
  }

  onClose(listener: (fd: number) => void): Disposable {
    return this.#closeListeners.add(listener);
  }

  close(fd: number): number {
    if (!this.#closeListeners.isEmpty && this.send('fcntl', [fd, F_GETFD, 0]) !== -EBADF) {
      this.#closeListeners.tell(fd);
    }
    return this.send('close', [fd]) as number;
  }

  openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    checkFunction(tell, 'openSignalPipe: tell');
    return SimSignalPipe.open(this, tell);
  }

  openPollRing(entries: number): PollRing | number {
    const ring = this.send('openRing', [entries]) as
      | number
      | { fd: number; memory: SharedArrayBuffer };
    if (typeof ring === 'number') return ring;
    const { fd, memory } = ring;
    const submit = (queue: readonly Submission[]): number =>
      this.send('submitRing', [fd, queue]) as number;
    return new UserRing(fd, entries, memory, { submit, close: () => this.close(fd) });
  }

  /** As of SimHost. A wait that nothing can end is told in main. */
  openNodeWait(round: () => void): NodeWait {
    checkFunction(round, 'openNodeWait: the round');
    return new BlockingNodeWait(round, () => false);
  }

  spawn(request: SpawnRequest): number {
    return this.send('spawn', [takeSpawnRequest(request)]) as number;
  }

  spawnAll(requests: readonly SpawnRequest[]): number[] {
    checkArray(requests, 'spawnAll: the requests', 'an array of { file, argv }');
    return requests.map((request) => this.spawn(request));
  }

  /** The thread is over. Call it last; again, it does nothing. */
  dispose(): void {
    if (this.#ended || this.#line.isDead) return;
    this.#ended = true;
    this.send('dispose', []);
  }

  // As of SimHost.

  /** The thread is busy for ns nanoseconds, while others go on. */
  advance(ns: number): void {
    checkNs(ns, 'SimThreadHost.advance: the time');
    this.send('advance', [ns]);
  }

  /** As SimHost.still: calls within act take no time, and no other thread runs meanwhile. */
  still<T>(act: () => T): T {
    checkFunction(act, 'SimThreadHost.still: the act');
    const line = this.#line;
    const before = line.isStill;
    line.isStill = true;
    try {
      return act();
    } finally {
      line.isStill = before;
    }
  }

  /** A number in [0, 1), drawn from the seed. */
  random(): number {
    return this.send('random', []) as number;
  }

  program(behaviour: ChildBehaviour, usage: Partial<Usage> = {}): SpawnRequest {
    return this.send('program', [behaviour, usage]) as SpawnRequest;
  }

  deathNs(pid: number): number {
    return this.send('deathNs', [pid]) as number;
  }

  nextEventNs(): number {
    return this.send('nextEventNs', []) as number;
  }

  /**
   * Makes a call in the kernel.
   * @internal
   */
  send(name: CallName, args: readonly unknown[]): unknown {
    if (name === 'newThread') this.#hasMade = true;
    if (name !== 'schedYield' && name !== 'advance') this.#yields = 0;
    return this.#line.send(name, args);
  }
}
