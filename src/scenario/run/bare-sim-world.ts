import { O_CLOEXEC, O_CREAT, O_RDWR } from '../../host/constants.ts';
import type { HostBuffer, SpawnRequest } from '../../host/host.ts';
import type { Choices } from '../../host/sim/choices.ts';
import { SimDeadlockError } from '../../host/sim/clock.ts';
import { SimHost } from '../../host/sim/sim-host.ts';
import type { SimHostOptions } from '../../host/sim/world.ts';
import type { ChildDef } from '../model.ts';
import { behaviourOf, type Delay, NO_DELAY, type World } from './world.ts';

/** The virtual time of an io_poll. Without it a busy wait in user space would hardly advance. */
const IO_POLL_NS = 100;

/**
 * The simulated kernel: virtual time, exact and the same in every run. It needs nothing of Node's, and
 * has no threads.
 */
export class BareSimWorld implements World {
  readonly kind = 'sim';
  readonly host: SimHost;
  readonly startNs: number;
  readonly slackNs = 0;
  readonly mostChildren: number = 1_000_000;
  readonly heldUpNs = 0;
  readonly #none: HostBuffer;
  readonly #programs = new Map<ChildDef, SpawnRequest>();

  readonly #isChosen: boolean;

  /**
   * @param seed for everything the run leaves to chance
   * @param makeHost makes the kernel, which may be a weakened one
   * @param choices decide in place of the seed
   */
  constructor(
    seed: number,
    makeHost = (options: SimHostOptions) => new SimHost(options),
    choices?: Choices,
  ) {
    this.#isChosen = choices !== undefined;
    this.host = makeHost({ seed, choices });
    this.startNs = this.host.nowNs;
    this.#none = this.host.alloc(8);
  }

  nowNs(): number {
    return this.host.nowNs;
  }

  /** The kernel would wait for a Worker that is gone, if a wake-up has made its thread one that can run. */
  leaveThreads(): void {
    this.host.dispose();
  }

  stampNs(): number {
    return this.host.nowNs;
  }

  /** An endless wait fails by itself if nothing can end it. */
  nextLookNs(endNs: number): number {
    const nextNs = this.host.nextEventNs();
    return nextNs < 0 || endNs === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : nextNs;
  }

  isDeadlock(error: unknown): boolean {
    return error instanceof SimDeadlockError;
  }

  begin(): void {}

  shareClocks(): void {}

  /** Drawn from the seed, in order of the calls; or left open. */
  delay(mostNs: number): Delay {
    if (mostNs === 0) return NO_DELAY;
    if (this.#isChosen) return { ns: 0, withinNs: mostNs };
    return { ns: Math.floor(this.host.random() * (mostNs + 1)), withinNs: 0 };
  }

  at(sinceStartNs: number, act: () => void, withinNs = 0): void {
    this.host.at(this.startNs + sinceStartNs, act, withinNs);
  }

  sleep(ns: number): void {
    this.host.advance(ns);
  }

  compute(ns: number): void {
    const endNs = this.nowNs() + ns;
    for (let left = ns; left > 0; left = endNs - this.nowNs()) this.host.poll(this.#none, 0, left);
  }

  ioPoll(): void {
    this.host.advance(IO_POLL_NS);
  }

  look<T>(act: () => T): T {
    return this.still(act);
  }

  still<T>(act: () => T): T {
    return this.host.still(act);
  }

  spawn(child: ChildDef, delay: Delay, start: (request: SpawnRequest) => number): number {
    return start(this.#program(child, delay));
  }

  kill(pid: number, signo: number): number {
    return this.host.kill(pid, signo);
  }

  isAlive(pid: number): boolean {
    return this.host.deathNs(pid) < 0;
  }

  reaped(): boolean {
    return false;
  }

  openFile(): number {
    return this.host.open('/file', O_CREAT | O_RDWR | O_CLOEXEC, 0o600);
  }

  end(): void {
    this.host.dispose();
  }

  #program(child: ChildDef, delay: Delay): SpawnRequest {
    // The name in traces is the child's: the path of its program says nothing.
    const argv = [child.name];
    if (delay.ns > 0) return { ...this.host.program(behaviourOf(child, delay)), argv };
    let request = this.#programs.get(child);
    if (request === undefined) {
      request = { ...this.host.program(behaviourOf(child, delay)), argv };
      this.#programs.set(child, request);
    }
    return request;
  }
}
