import { checkOptions } from '../host/arguments.ts';
import { EVENT_LOOP_DEFAULTS, type EventLoopParams, takeParams } from './iothread-params.ts';
import type { MachineState } from './machine-state.ts';

/**
 * The properties of the main loop's context. A machine has at most one, and it stays. QEMU: the
 * object of type `main-loop`.
 */
export class MainLoopObject {
  readonly #machine: MachineState;
  #params = EVENT_LOOP_DEFAULTS;

  /**
   * @throws Error if the machine has one, or no main loop in this thread; TypeError or RangeError
   *   for wrong properties, with QEMU's texts
   */
  constructor(machine: MachineState, params: Partial<EventLoopParams> = {}) {
    checkOptions({ machine }, 'MainLoopObject', { machine: 'a MachineState' });
    if (machine.mainContext === null)
      throw new Error('MainLoopObject: this thread has no main loop');
    if (machine.mainLoopObject !== null) throw new Error('only one main-loop instance allowed');
    this.#machine = machine;
    this.setParams(params);
    machine.mainLoopObject = this;
  }

  get params(): EventLoopParams {
    return this.#params;
  }

  /** Sets properties of the main loop's context. @throws as the constructor */
  setParams(params: Partial<EventLoopParams>): void {
    this.#params = takeParams(this.#params, params);
    const { aioMaxBatch, threadPoolMin, threadPoolMax } = this.#params;
    this.#machine.mainContext!.setAioParams(aioMaxBatch);
    this.#machine.mainContext!.setThreadPoolParams(threadPoolMin, threadPoolMax);
  }
}
