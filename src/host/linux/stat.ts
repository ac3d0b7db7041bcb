/**
 * stat(2), fstat(2) and readlink(2). Node looks at the file: it knows what to call on each kernel and
 * under each filter.
 */

import { type BigIntStats, fstatSync, statSync } from 'node:fs';
import { isInt } from '../arguments.ts';
import { EBADF, EFAULT, EINVAL } from '../errno.ts';
import { putStat, STAT_SIZE } from '../file-stat.ts';
import type { HostBuffer } from '../host.ts';
import { lazy, result } from './libc.ts';
import { LinuxBuffer } from './memory.ts';

const readlinkInto = lazy<[string, number, number]>(
  'long readlink(const char *, uintptr_t, size_t)',
);

export function stat(path: string, out: HostBuffer): number {
  if (typeof path !== 'string') return -EFAULT;
  if (path.includes('\0')) return -EINVAL;
  return fill(out, () => statSync(path, { bigint: true }));
}

export function fstat(fd: number, out: HostBuffer): number {
  if (!isInt(fd) || fd < 0) return -EBADF;
  return fill(out, () => fstatSync(fd, { bigint: true }));
}

export function readlink(path: string, buf: HostBuffer): number {
  if (typeof path !== 'string') return -EFAULT;
  if (path.includes('\0') || !LinuxBuffer.has(buf, 0, 1)) return -EINVAL;
  return result(readlinkInto(path, buf.address, buf.size));
}

function fill(out: HostBuffer, look: () => BigIntStats): number {
  if (!LinuxBuffer.has(out, 0, STAT_SIZE)) return -EINVAL;
  try {
    const { mode, ino, size, ctimeNs, rdev, dev } = look();
    putStat(out, {
      mode: Number(mode),
      ino,
      size: Number(size),
      ctimeNs,
      rdev: device(rdev),
      dev: device(dev),
    });
    return 0;
  } catch (error) {
    const { errno } = error as { readonly errno?: number };
    if (errno === undefined) throw error;
    return errno;
  }
}

/** A device number, as glibc's gnu_dev_major and gnu_dev_minor take it apart. */
function device(number: bigint): [major: number, minor: number] {
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return [Number(major), Number(minor & 0xffff_ffffn)];
}
