/** Options that several commands have, and values of options; errors say what was expected. */

import { InvalidArgumentError, Option } from 'commander';
import { QEMU_VERSIONS } from '../../aio/profile.ts';
import { parseDuration } from '../text/units.ts';

/** A duration in ns. */
export function duration(text: string): number {
  const ns = parseDuration(text);
  if (ns !== null && Number.isFinite(ns)) return ns;
  const bare = /^\d+(\.\d+)?$/.test(text);
  throw new InvalidArgumentError(
    bare
      ? `it needs a unit: ${text}s, ${text}ms, ${text}m, ${text}h or ${text}d.`
      : 'expected a duration such as 200ms, 1.5s, 10s, 2m, 1h or 7d.',
  );
}

/** @param more words behind its own */
export function qemuOption(more = ", instead of the file's"): Option {
  const what = `7.2 or 11: the QEMU that the loop is${more}`;
  return new Option('--qemu <version>', what).choices(QEMU_VERSIONS);
}

/** @param when words before its own, for a command of which only a part has colours */
export function colorOption(when = ''): Option {
  return new Option('--color <when>', `${when}auto (the default), always or never`)
    .choices(['auto', 'always', 'never'])
    .default('auto');
}
