import { writeSync } from 'node:fs';

/** Writes everything, also to a pipe that is full; gives up where nobody reads any more. */
export function allWriter(fd: number): (text: string) => void {
  let closed = false;
  return (text) => {
    let rest = Buffer.from(text);
    while (rest.length > 0 && !closed) {
      try {
        rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        closed = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
      }
    }
  };
}
