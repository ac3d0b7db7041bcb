import type { Action, Body, Op } from '../model.ts';
import type { LaneLog } from './order-log.ts';

/** A compiled action. */
export type Thunk = () => void;

/** The actions of an op. A member of Action may have several ops. */
export type Having<A extends Action, O extends Op> = A extends unknown
  ? O extends A['op']
    ? A
    : never
  : never;

/** The place of actions: in steps, a callback, outside the thread, or a thread other than main. */
export type Where = 'steps' | 'callback' | 'timeline' | 'thread';

/** The callback of an object: logs its entry, does what follows, and runs its `do`. */
export class Callback {
  /** How often it has been called, including during settle. */
  calls = 0;
  readonly #log: LaneLog;
  readonly #whileBusy: () => void;
  readonly #doRuns: number;
  /** Compiled at the first call, when all objects exist. */
  #thunks: readonly Thunk[] | null = null;
  readonly #make: () => readonly Thunk[];

  /** @param make compiles the body's actions */
  constructor(
    log: LaneLog,
    whileBusy: () => void,
    { doRuns }: Pick<Body, 'doRuns'>,
    make: () => readonly Thunk[],
  ) {
    this.#log = log;
    this.#whileBusy = whileBusy;
    this.#doRuns = doRuns;
    this.#make = make;
  }

  /**
   * @param entry logged first; null logs nothing
   * @param between called between the entry and the body
   */
  call(entry: string | null, between?: () => void): void {
    const calls = ++this.calls;
    this.#whileBusy();
    if (entry !== null) this.#log.add(entry);
    between?.();
    if (calls > this.#doRuns) return;
    this.#thunks ??= this.#make();
    for (let i = 0; i < this.#thunks.length; i++) this.#thunks[i]!();
  }
}
