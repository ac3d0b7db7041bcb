import type { Choices } from '../../host/sim/choices.ts';
import type { SimHostOptions } from '../../host/sim/world.ts';
import { BareSimWorld } from '../../scenario/run/bare-sim-world.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import { WeakHost } from './weak-host.ts';
import type { Weakness } from './weaknesses.ts';

/** The kernel of a run, which lacks the links that are taken away. */
export class WeakKernel {
  host!: WeakHost;
  readonly #weaknesses: readonly Weakness[];

  constructor(weaknesses: readonly Weakness[]) {
    this.#weaknesses = weaknesses;
  }

  world(seed: number, choices?: Choices): BareSimWorld {
    const make = (options: SimHostOptions): WeakHost => {
      this.host = new WeakHost(options, this.#weaknesses);
      return this.host;
    };
    return new BareSimWorld(seed, make, choices);
  }

  /** Tells it which eventfds are wake-ups. */
  see({ lanes }: Machine): void {
    this.host.notifiers = new Set(
      lanes.flatMap(({ contexts }) => [...contexts.values()].map((c) => c.notifierFd)),
    );
  }
}
