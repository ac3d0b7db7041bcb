/** Pairs of the driver's program, and texts in it. */

import type { MainLoopParams } from '../model-threads.ts';

type Flags = Readonly<Record<string, boolean>>;

export function pool({ threadPoolMin, threadPoolMax }: MainLoopParams): string {
  return `pool_min=${threadPoolMin} pool_max=${threadPoolMax}`;
}

export function flags(all: Flags): string {
  return Object.entries(all)
    .map(([key, is]) => `${key}=${is ? 1 : 0}`)
    .join(' ');
}

/** A name or text stands on one line. */
export function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
