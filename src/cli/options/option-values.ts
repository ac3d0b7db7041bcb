/** Values of options; errors say what was expected. */

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../text/units.ts';

/** Times are numbers of ns, exact below 2^53. Beyond that the loop would not sleep. */
const TOO_LONG_NS = 2 ** 53;
const LONGEST = `${Math.floor(TOO_LONG_NS / 3600e9)}h`;

/** A duration in ns. */
export function duration(text: string): number {
  const ns = longDuration(text);
  if (ns < TOO_LONG_NS) return ns;
  throw new InvalidArgumentError(`it is too long: the largest value is ${LONGEST}.`);
}

/** A duration in ns of any length, for callers that wait in parts. */
export function longDuration(text: string): number {
  const ns = parseDuration(text);
  if (ns !== null && Number.isFinite(ns)) return ns;
  const bare = /^\d+(\.\d+)?$/.test(text);
  throw new InvalidArgumentError(
    bare
      ? `it needs a unit: ${text}s, ${text}ms ${text}m, ${text}h or ${text}d.`
      : 'expected a duration such as 200ms, 1.5s, 10s, 2m, 1h or 7d.',
  );
}
