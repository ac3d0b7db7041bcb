import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** A terminal gives this much only with much patience, and /dev/zero at once. */
const MOST_BYTES_OF_DEVICE = 16 * 2 ** 20;

/**
 * Reads the file that a command line names.
 * @throws Error if it cannot be read, or is a device that does not end, such as /dev/zero
 */
export function readNamedFile(path: string): Buffer {
  const fd = openSync(path, 'r');
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() || stat.isBlockDevice() ? readDevice(fd) : readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readDevice(fd: number): Buffer {
  const bytes = Buffer.alloc(MOST_BYTES_OF_DEVICE);
  for (let length = 0; length < bytes.length; ) {
    const n = readSync(fd, bytes, length, bytes.length - length, null);
    if (n === 0) return bytes.subarray(0, length);
    length += n;
  }
  throw new Error('it is a device that does not end, expected a file');
}
