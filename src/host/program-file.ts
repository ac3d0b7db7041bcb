import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Checks that the file of a program is there.
 * @param what begins the message
 * @throws Error
 */
export function checkProgramFile(url: URL, what: string): void {
  if (existsSync(url)) return;
  throw new Error(
    `${what}: ${fileURLToPath(url)} is missing, the program of all threads: a bundle with this library in it needs the library's files beside it`,
  );
}
