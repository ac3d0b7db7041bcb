import type { Choices } from '../../host/sim/choices.ts';
import { SimHost } from '../../host/sim/threads/worker-sim-host.ts';
import type { SimHostOptions } from '../../host/sim/world.ts';
import type { SpareWorkers } from '../../thread/spare-workers.ts';
import { BareSimWorld } from './bare-sim-world.ts';
import { MainThreads } from './threads/main-threads.ts';

/** The simulated kernel with its threads, which are Workers of Node. */
export class SimWorld extends BareSimWorld {
  /** @internal */
  readonly startThreads = MainThreads.make;
  readonly spare: SpareWorkers | undefined;

  /**
   * @param seed for everything the run leaves to chance
   * @param makeHost makes the kernel, which may be a weakened one
   * @param spare Workers of earlier runs, for its threads
   * @param choices decide in place of the seed
   */
  constructor(
    seed: number,
    makeHost = (options: SimHostOptions) => new SimHost(options),
    spare?: SpareWorkers,
    choices?: Choices,
  ) {
    super(seed, makeHost, choices);
    this.spare = spare;
  }
}
