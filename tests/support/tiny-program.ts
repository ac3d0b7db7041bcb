/** The smallest program of the kernel: it needs no libraries, whose loading is most of a short child's time. */

import { writeFileSync } from 'node:fs';

/** exit(0), for x86-64. */
const CODE = [0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05];
/** The address that it is loaded at. */
const AT = 0x40_0000;
/** Bytes of the header of an ELF file, and of that of its only part. */
const HEADER = 64;
const PART = 56;

/**
 * A program that exits with 0 at once.
 * @param path the file that it is written to; elsewhere than on x86-64, that is /bin/true and none is written
 */
export function programThatExits(path: string): string {
  if (process.arch !== 'x64') return '/bin/true';
  const elf = Buffer.alloc(HEADER + PART + CODE.length);
  const shorts = (at: number, values: readonly number[]): void => {
    for (const [i, value] of values.entries()) elf.writeUInt16LE(value, at + 2 * i);
  };
  const longs = (at: number, values: readonly number[]): void => {
    for (const [i, value] of values.entries()) elf.writeBigUInt64LE(BigInt(value), at + 8 * i);
  };
  elf.write('\x7fELF\x02\x01\x01', 'latin1');
  // An executable of that machine, in the first version.
  shorts(16, [2, 62, 1]);
  longs(24, [AT + HEADER + PART, HEADER]);
  shorts(52, [HEADER, PART, 1]);
  // The part is the whole file, to be loaded, read and executed.
  shorts(HEADER, [1, 0, 5]);
  longs(HEADER + 8, [0, AT, AT, elf.length, elf.length, 0x1000]);
  elf.set(CODE, HEADER + PART);
  writeFileSync(path, elf, { mode: 0o755 });
  return path;
}
