import type { Host } from '../host/host.ts';
import type { NodeWait, NodeWaitKind } from '../host/node-wait.ts';
import type { Iteration } from './iteration.ts';

/** How long Node waits at most if there is no descriptor that it could watch, ns. */
const LOOK_NS = 1_000_000;

/**
 * Drives a main loop from Node's: each iteration is armed, then Node waits for it, then it is fired
 * from setImmediate. Nothing blocks.
 *
 * Invariants:
 *  D1. While an iteration is armed, one call of #round is on its way, or is caused by whatever could
 *      end the iteration's sleep: a descriptor, the time, a notification, wake.
 *  D2. An error of a callback leaves #round, as it would leave any callback of Node's; the next
 *      iteration is on its way by then.
 */
export class NodeDrive {
  readonly #isQuit: () => boolean;
  readonly #iteration: Iteration;
  readonly #wait: NodeWait;
  readonly #end: () => void;
  readonly #beforeSleep: () => void;
  readonly #wake = (): void => this.wake();
  /** The number of the armed iteration; 0 if none is. */
  #armed = 0;
  /** How long it may sleep, ns. */
  #timeoutNs = 0;
  /** Whether Node waits for it. */
  #sleeps = false;
  #woken = false;
  #stopped = false;
  #finished = false;

  /**
   * @param isQuit whether the run shall end after this iteration
   * @param beforeSleep called each time before Node is told what to wait for
   * @param end called once, when the run is over
   * @throws HostError if no descriptors are left
   */
  constructor(
    host: Host,
    iteration: Iteration,
    isQuit: () => boolean,
    beforeSleep: () => void,
    end: () => void,
  ) {
    this.#iteration = iteration;
    this.#isQuit = isQuit;
    this.#beforeSleep = beforeSleep;
    this.#end = end;
    this.#wait = host.openNodeWait(() => this.#round());
    iteration.prepareForNode();
    this.#wait.arm(-1, 0);
  }

  get kind(): NodeWaitKind {
    return this.#wait.kind;
  }

  /** Whether the loop keeps the process alive. */
  keep(keeps: boolean): void {
    if (keeps) this.#wait.ref();
    else this.#wait.unref();
  }

  /** Ends Node's wait. */
  wake(): void {
    this.#woken = true;
    this.#wait.wake();
  }

  /** Ends the run after this iteration. */
  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Somebody runs an iteration in between, which takes over what the armed one was to do. */
  interrupt(): void {
    if (this.#armed === 0) return;
    this.#abandon();
    this.wake();
  }

  /** The loop will wait for Node's descriptor: until it sleeps again, Node leaves its own alone. */
  unwatch(): void {
    this.#wait.unwatch();
  }

  /** Ends the run at once: the loop is closed. */
  dispose(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#abandon();
    this.#wait.dispose();
    this.#end();
  }

  #round(): void {
    try {
      this.#iterate();
    } catch (error) {
      // D2.
      if (!this.#finished) this.#wait.arm(-1, 0);
      throw error;
    }
  }

  #iterate(): void {
    if (this.#armed === 0) {
      if (this.#quits) {
        this.dispose();
        return;
      }
      if (!this.#arm()) return;
    }
    if (!this.#fire() || this.#finished) return;
    if (this.#quits) this.dispose();
    else if (this.#arm()) this.#wait.arm(-1, 0);
  }

  get #quits(): boolean {
    return this.#stopped || this.#isQuit();
  }

  /** Arms an iteration. Returns whether to fire it soon; if not, Node waits for it from now on. */
  #arm(): boolean {
    const iteration = this.#iteration;
    this.#armed = iteration.begin(false);
    this.#woken = false;
    try {
      this.#timeoutNs = iteration.arm(false);
      if (this.#timeoutNs === 0 || this.#wait.blocks) return true;
      return !this.#sleep();
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  /** Lets Node wait. Returns false if the iteration must not sleep. */
  #sleep(): boolean {
    this.#sleeps = true;
    this.#beforeSleep();
    const fd = this.#iteration.armNodeWait(this.#wake);
    if (fd === -1) return false;
    const ns = this.#timeoutNs;
    if (fd >= 0) this.#wait.arm(fd, ns);
    else this.#wait.arm(-1, ns < 0 ? LOOK_NS : Math.min(LOOK_NS, ns));
    return true;
  }

  /** Fires the armed iteration. Returns false if it still waits. */
  #fire(): boolean {
    const iteration = this.#iteration;
    const number = this.#armed;
    let ret = 0;
    try {
      ret = this.#look();
    } catch (error) {
      if (this.#wait.isEndless(error) && this.#sleep()) return false;
      this.#abandon();
      throw error;
    }
    this.#armed = 0;
    try {
      iteration.fire(ret);
    } finally {
      iteration.end(number, ret);
    }
    return true;
  }

  /** Returns the number of ready fds, or -errno. */
  #look(): number {
    const iteration = this.#iteration;
    const slept = this.#sleeps;
    this.#leaveSleep();
    if (this.#wait.blocks) return iteration.wait(this.#woken ? 0 : this.#timeoutNs);
    return slept ? iteration.lookAfterNode() : iteration.wait(0);
  }

  #leaveSleep(): void {
    if (!this.#sleeps) return;
    this.#sleeps = false;
    this.#iteration.leaveNodeWait();
  }

  /** Ends the armed iteration, if one is, without firing it. */
  #abandon(): void {
    this.#leaveSleep();
    if (this.#armed === 0) return;
    this.#iteration.end(this.#armed, 0);
    this.#armed = 0;
  }
}
