/** The version of a QEMU tree, and which loop it has. */

import type { QemuVersion } from '../../aio/profile.ts';

/** The driver was tried on these, and on some between them. */
export const OLDEST_KNOWN = '7.2';
export const NEWEST_KNOWN = '11.1';

/** QEMU no longer walks all handlers of a context from here on. */
const COLLECTS = '10.2';

/** aio_disable_external is gone from here on. */
const NO_EXTERNAL = '8.1';

export interface TreeVersion {
  /** As `11.1.1`. */
  readonly text: string;
  /** The loop of ours that is like it. */
  readonly loop: QemuVersion;
  /** Whether it can hold handlers back (aio_disable_external). */
  readonly hasExternal: boolean;
  /** Too old for the driver. */
  readonly isTooOld: boolean;
  /** Whether the driver was made for it. */
  readonly isKnown: boolean;
}

/** The version that QEMU's configure has written to config-host.h; null if there is none. */
export function versionIn(config: string): TreeVersion | null {
  const parts = ['MAJOR', 'MINOR', 'MICRO'].map((part) =>
    new RegExp(`^#define QEMU_VERSION_${part} (\\d+)$`, 'm').exec(config),
  );
  if (parts.includes(null)) return null;
  const numbers = parts.map((part) => Number(part![1]));
  const rank = rankOf(numbers);
  return {
    text: numbers.join('.'),
    loop: rank < rankIn(COLLECTS) ? '7.2' : '11',
    hasExternal: rank < rankIn(NO_EXTERNAL),
    isTooOld: rank < rankIn(OLDEST_KNOWN),
    isKnown: rank >= rankIn(OLDEST_KNOWN) && rank <= rankIn(NEWEST_KNOWN),
  };
}

/** A micro version of 50 and above is on the way to the next minor one. */
function rankOf([major, minor, micro]: readonly number[]): number {
  return major! * 100 + minor! + (micro! >= 50 ? 1 : 0);
}

function rankIn(text: string): number {
  return rankOf([...text.split('.').map(Number), 0]);
}

/** A line for a person if the tree's loop is not like all that it is compared with; else empty. */
export function otherLoops(version: TreeVersion | null, ours: readonly QemuVersion[]): string {
  const other = ours.find((one) => version !== null && version.loop !== one);
  if (version === null || other === undefined) return '';
  const which = `the tree is of QEMU ${version.text}, and is compared with the loop of ${other}`;
  return `qemu-loop: ${which}: --qemu ${version.loop} is like it\n`;
}
