/** A file's struct statx, as Host.stat and Host.fstat fill it. */

import { checkObject } from './arguments.ts';
import { S_IFMT } from './constants.ts';
import type { HostBuffer } from './host.ts';

/** Bytes of a struct statx. */
export const STAT_SIZE = 256;

/** Offsets of its fields. */
const MODE = 28;
const INO = 32;
const SIZE = 40;
const CTIME = 96;
const RDEV = 128;
const DEV = 136;

/** A file, whatever it is called. */
export interface FileStat {
  /** st_mode: the kind of file (S_IFMT) and the rights. */
  readonly mode: number;
  /** Equal for two names or descriptors of one file: device and inode. */
  readonly id: string;
  /** Bytes of a regular file. */
  readonly size: number;
  /** The device that a device file stands for, major << 8 | minor; else 0. */
  readonly rdev: number;
  /** When its inode changed last: a pipe's when it was made. ns since 1970; 0 on the simulated host. */
  readonly ctimeNs: number;
}

/** The fields that a host fills. */
export interface StatFields {
  readonly mode: number;
  readonly ino: bigint;
  readonly size: number;
  readonly ctimeNs: bigint;
  readonly rdev: readonly [major: number, minor: number];
  readonly dev: readonly [major: number, minor: number];
}

/** Fills a buffer of at least STAT_SIZE bytes. For hosts. */
export function putStat({ u8, view }: HostBuffer, fields: StatFields): void {
  const { mode, ino, size, ctimeNs, rdev, dev } = fields;
  u8.fill(0, 0, STAT_SIZE);
  view.setUint16(MODE, mode, true);
  view.setBigUint64(INO, ino, true);
  view.setBigUint64(SIZE, BigInt(size), true);
  view.setBigInt64(CTIME, ctimeNs / NS, true);
  view.setUint32(CTIME + 8, Number(ctimeNs % NS), true);
  for (const [at, [major, minor]] of [
    [RDEV, rdev],
    [DEV, dev],
  ] as const) {
    view.setUint32(at, major, true);
    view.setUint32(at + 4, minor, true);
  }
}

const NS = 1_000_000_000n;

/**
 * Reads what Host.stat or Host.fstat has put into a buffer.
 * @throws TypeError, RangeError if the buffer cannot have it
 */
export function takeStat(buffer: HostBuffer): FileStat {
  checkObject(buffer, 'takeStat: the buffer', 'a HostBuffer');
  if (!(buffer.size >= STAT_SIZE)) {
    throw new RangeError(`takeStat: the buffer has ${buffer.size} bytes, not ${STAT_SIZE}`);
  }
  const { view } = buffer;
  const word = (at: number): number => view.getUint32(at, true);
  return {
    mode: view.getUint16(MODE, true),
    id: `${word(DEV)}:${word(DEV + 4)}:${view.getBigUint64(INO, true)}`,
    size: Number(view.getBigUint64(SIZE, true)),
    rdev: word(RDEV) * 256 + word(RDEV + 4),
    ctimeNs: Number(view.getBigInt64(CTIME, true)) * 1e9 + word(CTIME + 8),
  };
}

/** Whether it is a file of a kind: S_IFREG, S_IFIFO, … */
export function isKind({ mode }: Pick<FileStat, 'mode'>, kind: number): boolean {
  return (mode & S_IFMT) === kind;
}
