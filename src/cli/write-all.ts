import { writeSync } from 'node:fs';
import { POLLOUT } from '../host/constants.ts';
import { LinuxHost } from '../host/linux/linux-host.ts';

/** Writes everything, also to a pipe that is full; gives up where nobody reads any more. */
export function allWriter(fd: number): (text: string) => void {
  let closed = false;
  let host: LinuxHost | undefined;
  return (text) => {
    let rest = Buffer.from(text);
    while (rest.length > 0 && !closed) {
      try {
        rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        closed = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
        if (closed) return;
        host ??= new LinuxHost();
        awaitRoom(host, fd);
      }
    }
  };
}

/** Sleeps until a pipe that somebody has made non-blocking takes more, or has no reader. */
function awaitRoom(host: LinuxHost, fd: number): void {
  const pollfd = host.alloc(8);
  pollfd.i32[0] = fd;
  pollfd.i32[1] = POLLOUT;
  host.poll(pollfd, 1, -1);
}
