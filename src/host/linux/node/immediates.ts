/**
 * Immediates of Node whose errors do not end the process. If Node's loop is run from JavaScript, an
 * immediate that throws is fatal, even if uncaughtException handles its error: the code that runs
 * immediates expects a result. So an immediate then hands its error to a timer.
 */

import { executionAsyncResource } from 'node:async_hooks';
import type { Disposable } from '../../host.ts';

type Call = (...args: unknown[]) => unknown;

/** The property in which an Immediate keeps its function. */
const CALL = '_onImmediate';
/** The property in which it is kept once new ones are guarded. */
const GUARDED = Symbol('qemu-loop guarded immediate');

/** An Immediate, as far as it is known here: they form a list. */
interface Immediate {
  [CALL]?: unknown;
  [GUARDED]?: unknown;
  readonly _idlePrev?: Immediate | null;
}

/** How many loops want it; and whether new Immediates are guarded, which stays so. */
let wanted = 0;
let installed = false;

/** Guards all Immediates until it is disposed of; null if Node makes them in another way. */
export function guardImmediates(): Disposable | null {
  const probe = setImmediate(() => {});
  const last = probe as unknown as Immediate;
  if (!installed && !install(last)) {
    clearImmediate(probe);
    return null;
  }
  wanted++;
  // Those made before.
  for (let at = last._idlePrev; at; at = at._idlePrev) {
    if (Object.hasOwn(at, CALL)) at[CALL] = guarded(at[CALL]);
  }
  clearImmediate(probe);
  return {
    dispose: () => {
      wanted--;
    },
  };
}

/**
 * Whether an immediate is running that was not the first of its turn: then Node would run no others
 * until it returns.
 */
export function areImmediatesHeld(): boolean {
  const current = executionAsyncResource() as Immediate;
  return (Object.hasOwn(current, GUARDED) || Object.hasOwn(current, CALL)) && !!current._idlePrev;
}

function install(probe: Immediate): boolean {
  const prototype = Object.getPrototypeOf(probe);
  if (!Object.hasOwn(probe, CALL) || CALL in prototype) return false;
  Object.defineProperty(prototype, CALL, {
    get(this: Immediate): unknown {
      return this[GUARDED];
    },
    set(this: Immediate, call: unknown) {
      this[GUARDED] = guarded(call);
    },
  });
  installed = true;
  return true;
}

function guarded(call: unknown): unknown {
  if (typeof call !== 'function') return call;
  return function (this: unknown, ...args: unknown[]): unknown {
    try {
      return (call as Call).apply(this, args);
    } catch (error) {
      if (wanted === 0) throw error;
      throwLater(error);
      return undefined;
    }
  };
}

/** Makes it an uncaught exception. */
export function throwLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  }, 0);
}
