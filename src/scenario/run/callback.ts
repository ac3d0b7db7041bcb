import type { Body } from '../model.ts';
import type { Engine } from './engine.ts';
import type { OrderLog } from './order-log.ts';

/** A compiled action. */
export type Thunk = () => void;

/** The callback of an object: logs its entry, does what follows, and runs its `do`. */
export class Callback {
  /** How often it has been called, including during settle. */
  calls = 0;
  readonly #log: OrderLog;
  readonly #whileBusy: () => void;
  readonly #doRuns: number;
  /** Compiled at the first call, when all objects exist. */
  #thunks: readonly Thunk[] | null = null;
  readonly #make: () => readonly Thunk[];

  /** @param make compiles the body's actions */
  constructor(
    { log, whileBusy }: Pick<Engine, 'log' | 'whileBusy'>,
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

/** The callback of an object, registered for `calls` under its name. */
export function newCallback(engine: Engine, name: string, body: Body): Callback {
  const callback = new Callback(engine, body, () => engine.compile(body.do));
  const others = engine.callbacks.get(name);
  if (others === undefined) engine.callbacks.set(name, [callback]);
  else others.push(callback);
  return callback;
}
