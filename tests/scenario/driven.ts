/** Other ways of running a scenario's main loop than blocking it. */

import { POLLIN } from '../../src/host/constants.ts';
import type { NodeWait } from '../../src/host/node-wait.ts';
import type { Machine } from '../../src/scenario/run/machine.ts';

export type Way = 'run' | 'runAsync' | 'embedded';

export function driveBy(way: Way, machine: Machine): void {
  if (way === 'runAsync') driveAsNode(machine);
  else if (way === 'embedded') machine.main.loop.embedNode();
}

/** Stands for Node's loop: it waits for the armed descriptor, and then makes the call. */
class StandIn implements NodeWait {
  readonly kind = 'uv_poll';
  readonly blocks: boolean;
  readonly #machine: Machine;
  readonly #round: () => void;
  #fd = -1;
  #timeoutNs = 0;
  #woken = false;
  disposed = false;

  constructor(machine: Machine, round: () => void) {
    this.#machine = machine;
    this.#round = round;
    this.blocks = machine.world.kind === 'sim';
  }

  arm(fd: number, timeoutNs: number): void {
    this.#fd = fd;
    this.#timeoutNs = timeoutNs;
    this.#woken = false;
  }

  /** Waits, and makes the call. */
  turn(): void {
    const fds = this.#machine.capped.alloc(8);
    fds.i32.set([this.#fd, POLLIN]);
    if (!this.#woken && this.#timeoutNs !== 0) this.#machine.capped.poll(fds, 1, this.#timeoutNs);
    this.#round();
  }

  unwatch(): void {}

  wake(): void {
    this.#woken = true;
  }

  isEndless(): boolean {
    return false;
  }

  dispose(): void {
    this.disposed = true;
  }

  ref(): void {}
  unref(): void {}
}

/** From now on each iteration that may sleep is one of runAsync's, with a stand-in for Node. */
function driveAsNode(machine: Machine): void {
  const { loop } = machine.main;
  const blocking = loop.mainLoopWait.bind(loop);
  let wait: StandIn | null = null;
  const openNodeWait = (round: () => void): NodeWait => {
    wait = new StandIn(machine, round);
    return wait;
  };
  Object.defineProperty(machine.host, 'openNodeWait', { value: openNodeWait });
  loop.mainLoopWait = (nonblocking: boolean): number => {
    // Within a callback it blocks, as any iteration there.
    if (nonblocking || wait !== null) return blocking(nonblocking);
    const abort = new AbortController();
    const over = loop.addPollNotifier(({ state }) => {
      if (state !== 'FILL') abort.abort();
    });
    void loop.runAsync({ signal: abort.signal });
    const mine = wait as unknown as StandIn;
    try {
      while (!mine.disposed) mine.turn();
    } finally {
      over.dispose();
      abort.abort();
      while (!mine.disposed) mine.turn();
      wait = null;
    }
    return 0;
  };
}
