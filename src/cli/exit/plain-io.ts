/** Descriptors on systems that no Host is for. */

import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EAGAIN, EIO, EPIPE } from '../../host/errno.ts';

/** Returns how much was written, or Linux's -errno. */
export function plainWrite(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return -EAGAIN;
    return code === 'EPIPE' ? -EPIPE : -EIO;
  }
}

export const plainIsatty: (fd: number) => boolean = isatty;
