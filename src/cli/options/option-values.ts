/** Values of options; errors say what was expected. */

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../text/units.ts';

/** A duration in ns. */
export function duration(text: string): number {
  const ns = parseDuration(text);
  if (ns !== null && Number.isFinite(ns)) return ns;
  const bare = /^\d+(\.\d+)?$/.test(text);
  throw new InvalidArgumentError(
    bare
      ? `it needs a unit: ${text}s, ${text}ms ${text}m, ${text}h or ${text}d.`
      : 'expected a duration such as 200ms, 1.5s, 10s, 2m, 1h or 7d.',
  );
}
