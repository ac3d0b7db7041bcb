/** The properties of an IOThread, and of the main loop as an object: names, defaults, limits. */

import type { AioContext } from '../aio/aio-context.ts';
import { shown } from '../host/arguments.ts';
import { anything, type Shape } from '../host/shape.ts';

/** The properties of an event loop. QEMU: EventLoopBase. */
export interface EventLoopParams {
  /** The most requests of one batch of asynchronous I/O; 0 leaves it to the engine. */
  readonly aioMaxBatch: number;
  /** Workers that the thread pool keeps even if they are idle. */
  readonly threadPoolMin: number;
  readonly threadPoolMax: number;
}

/** QEMU: the properties of an object of type `iothread`. */
export interface IOThreadParams extends EventLoopParams {
  /** How long a blocking poll may spin before it sleeps, ns; 0 turns that off. */
  readonly pollMaxNs: number;
  /** The factor by which that time grows; 0 means 2. */
  readonly pollGrow: number;
  /** The divisor by which it shrinks; 0 makes it 0 at once. */
  readonly pollShrink: number;
}

export const EVENT_LOOP_DEFAULTS: EventLoopParams = {
  aioMaxBatch: 0,
  threadPoolMin: 0,
  threadPoolMax: 64,
};

export const IOTHREAD_DEFAULTS: IOThreadParams = {
  pollMaxNs: 32_768,
  pollGrow: 0,
  pollShrink: 0,
  ...EVENT_LOOP_DEFAULTS,
};

/** Their values are checked by takeParams, with QEMU's texts. */
export const EVENT_LOOP_SHAPE: Shape<EventLoopParams> = {
  aioMaxBatch: anything,
  threadPoolMin: anything,
  threadPoolMax: anything,
};
export const IOTHREAD_SHAPE: Shape<IOThreadParams> = {
  pollMaxNs: anything,
  pollGrow: anything,
  pollShrink: anything,
  ...EVENT_LOOP_SHAPE,
};

/** QEMU's names of them. */
const NAMES: Readonly<Record<keyof IOThreadParams, string>> = {
  pollMaxNs: 'poll-max-ns',
  pollGrow: 'poll-grow',
  pollShrink: 'poll-shrink',
  aioMaxBatch: 'aio-max-batch',
  threadPoolMin: 'thread-pool-min',
  threadPoolMax: 'thread-pool-max',
};

const ALL = Object.keys(IOTHREAD_DEFAULTS) as readonly (keyof IOThreadParams)[];

/** The properties in shared memory: set by the thread that started the IOThread, taken by itself. */
export class ParamWords {
  readonly array: Float64Array;

  constructor(array?: Float64Array) {
    this.array = array ?? new Float64Array(new SharedArrayBuffer(8 * ALL.length));
  }

  set(params: IOThreadParams): void {
    for (const [i, name] of ALL.entries()) this.array[i] = params[name];
  }

  /** In the IOThread. */
  applyTo(context: AioContext): void {
    const [pollMaxNs, pollGrow, pollShrink, aioMaxBatch, poolMin, poolMax] = this.array;
    context.setPollParams(pollMaxNs!, pollGrow!, pollShrink!);
    context.setAioParams(aioMaxBatch!);
    context.setThreadPoolParams(poolMin!, poolMax!);
  }
}

const INT64_MAX = '9223372036854775807';

/**
 * The defaults with the properties that an object has instead.
 * @throws TypeError if one is not a number; RangeError, with QEMU's text, if it is out of range
 */
export function takeParams<P extends EventLoopParams>(
  defaults: P,
  options: { readonly [name in keyof P]?: P[name] | undefined },
): P {
  const given = Object.entries(options).filter(([name, value]) => {
    if (!(name in defaults) || value === undefined) return false;
    checkParam(name as keyof IOThreadParams, value);
    return true;
  });
  return { ...defaults, ...Object.fromEntries(given) };
}

/** @throws TypeError, RangeError */
function checkParam(name: keyof IOThreadParams, value: unknown): void {
  if (typeof value !== 'number') {
    throw new TypeError(`${NAMES[name]} is ${shown(value)}: expected an integer`);
  }
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 63) return;
  if (Number.isInteger(value) || !Number.isFinite(value)) {
    throw new RangeError(`${NAMES[name]} value must be in range [0, ${INT64_MAX}]`);
  }
  throw new RangeError(`${NAMES[name]} is ${value}: expected an integer`);
}
