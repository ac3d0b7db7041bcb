/**
 * What QEMU answers with abort(): a programming error that makes no sense to go
 * on from. The message is QEMU's own, as it prints it or as its assertion reads.
 */
export class QemuAbort extends Error {
  override readonly name = 'QemuAbort';
}

/** The abort of a failed assertion. */
export function assertionFailed(where: string, assertion: string): QemuAbort {
  return new QemuAbort(`${where}: Assertion \`${assertion}' failed.`);
}
