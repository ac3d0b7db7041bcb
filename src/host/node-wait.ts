/** Waiting while Node's own loop goes on. */

/** The way in which Node waits. */
export type NodeWaitKind = 'uv_poll' | 'epoll_wait.async' | 'setImmediate';

/**
 * Calls a function from Node's loop, once for each arm. The call comes from setImmediate, so ticks,
 * promises, AsyncLocalStorage and errors are as in any callback of Node. See Host.openNodeWait.
 */
export interface NodeWait {
  readonly kind: NodeWaitKind;
  /**
   * Whether the call comes at once, and has to wait by itself: if time passes only while the thread
   * is blocked, as on the simulated host.
   */
  readonly blocks: boolean;
  /**
   * Makes the call once fd is readable, timeoutNs have passed, or wake was called. It replaces the
   * last arm.
   * @param fd -1 for none
   * @param timeoutNs -1 for ever, 0 for at once
   */
  arm(fd: number, timeoutNs: number): void;
  /** Leaves the descriptor alone until the next arm. */
  unwatch(): void;
  /** Makes the call soon. */
  wake(): void;
  /** Whether waiting keeps the process alive; at first it does. */
  ref(): void;
  unref(): void;
  /** Whether an error, thrown by a wait within the call, says that only wake can end that wait. */
  isEndless(error: unknown): boolean;
  /** Makes no call from now on. Calling it again does nothing. */
  dispose(): void;
}

/** Node's own loop, run from JavaScript by whoever waits for its descriptor. See Host.openNodeLoop. */
export interface NodeLoop {
  /** Readable if it has work. */
  readonly fd: number;
  /** How long it may be left alone, ms; -1 without limit. */
  timeoutMs(): number;
  /** Runs whatever is ready in it, without waiting. */
  turn(): void;
  /** Runs process.nextTick's functions, and promises. */
  tick(): void;
  /**
   * The callback of Node's, in words, from which this is called and in which the rest of Node would
   * stand still; null if it would not.
   */
  heldBy(): string | null;
  dispose(): void;
}

/** News that Node has something for a worker, such as that it must end. See Host.openNodeCall. */
export interface NodeCall {
  /** Becomes readable each time. */
  readonly fd: number;
  /** Makes it unreadable until there is more. */
  clear(): void;
  dispose(): void;
}

/** Asks Node for one call of a function in its next round, however often it is asked. */
export class Turn {
  readonly #call: () => void;
  #pending: NodeJS.Immediate | null = null;
  #keeps = true;

  constructor(call: () => void) {
    this.#call = () => {
      this.#pending = null;
      call();
    };
  }

  get isAsked(): boolean {
    return this.#pending !== null;
  }

  ask(): void {
    if (this.#pending !== null) return;
    this.#pending = soon(this.#call);
    if (!this.#keeps) this.#pending.unref?.();
  }

  /** Whether it keeps the process alive once it is asked. */
  keep(keeps: boolean): void {
    this.#keeps = keeps;
    if (keeps) this.#pending?.ref?.();
    else this.#pending?.unref?.();
  }

  cancel(): void {
    if (this.#pending === null) return;
    if (typeof clearImmediate === 'function') clearImmediate(this.#pending);
    else clearTimeout(this.#pending as unknown as NodeJS.Timeout);
    this.#pending = null;
  }
}

/** setImmediate; browsers have none. */
function soon(call: () => void): NodeJS.Immediate {
  if (typeof setImmediate === 'function') return setImmediate(call);
  return setTimeout(call, 0) as unknown as NodeJS.Immediate;
}

/** For hosts on which time passes only while the thread is blocked. */
export class BlockingNodeWait implements NodeWait {
  readonly kind = 'setImmediate';
  readonly blocks = true;
  readonly #turn: Turn;
  readonly isEndless: (error: unknown) => boolean;

  constructor(round: () => void, isEndless: (error: unknown) => boolean) {
    this.#turn = new Turn(round);
    this.isEndless = isEndless;
  }

  arm(_fd: number, _timeoutNs: number): void {
    this.#turn.ask();
  }

  unwatch(): void {}

  wake(): void {
    this.#turn.ask();
  }

  ref(): void {
    this.#turn.keep(true);
  }

  unref(): void {
    this.#turn.keep(false);
  }

  dispose(): void {
    this.#turn.cancel();
  }
}
