/**
 * Stands for QEMU's abort(): a programming error after which going on makes no sense. The message
 * is QEMU's own, as printed or as its assertion reads.
 */
export class QemuAbort extends Error {
  override readonly name = 'QemuAbort';
}

/** The abort of a call that QEMU 11 does not have; there it would not compile. */
export function goneSince(release: string, name: string): QemuAbort {
  return new QemuAbort(`${name}: QEMU 11 has no such function: it is gone since ${release}`);
}

/** The abort of a failed assertion. */
export function assertionFailed(where: string, assertion: string): QemuAbort {
  return new QemuAbort(`${where}: Assertion \`${assertion}' failed.`);
}
