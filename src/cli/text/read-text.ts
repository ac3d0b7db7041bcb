/** Reads the texts that a command line names. */

import { isUtf8 } from 'node:buffer';
import type { Host } from '../../host/host.ts';
import { readNamedFile, Unreadable } from './read-file.ts';

/** UTF-8 has at most three bytes per character of JavaScript's. */
const BYTES_PER_CHARACTER = 3;

/**
 * Reads a text; of one that is longer than `most`, at least that much.
 * @param own the process's own host, to say what is waited for; null on a system that has none
 * @param most characters
 * @throws Unreadable if it is not UTF-8, is no file, or would never end or never begin; Node's
 *   error if it cannot be read
 */
export function readText(own: Host | null, path: string, most: number): string {
  const mostBytes = BYTES_PER_CHARACTER * most;
  const bytes = readNamedFile(own, path, mostBytes);
  // Editors of Windows save UTF-16; its text would be full of zeros, and the problems about those.
  const isUtf16 = bytes[0] === 0xfe ? bytes[1] === 0xff : bytes[0] === 0xff && bytes[1] === 0xfe;
  if (isUtf16) throw new Unreadable('it is UTF-16: save it as UTF-8');
  // A long file that was read in part may end within a character, and is too long anyway.
  const isWhole = bytes.length <= mostBytes;
  if (isWhole && !isUtf8(bytes)) throw new Unreadable('it is not text in UTF-8: save it as such');
  return bytes.toString('utf8');
}
