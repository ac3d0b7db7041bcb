import { writeSync } from 'node:fs';
import { POLLOUT } from '../../host/constants.ts';
import { EAGAIN, HostError } from '../../host/errno.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { guarded } from '../../trace/visible.ts';
import { asCliError, type CliError, isUnread } from './errors.ts';

const STDOUT = 1;

/**
 * Makes a function that writes lines of ours, with text from outside made safe for terminals. It
 * writes everything, even to a full pipe, and gives up if nobody reads any more. It throws CliError
 * if stdout cannot be written for another reason.
 */
export function allWriter(fd: number): (text: string) => void {
  let closed = false;
  let host: LinuxHost | undefined;
  return (text) => {
    let rest = Buffer.from(guarded(text));
    while (rest.length > 0 && !closed) {
      try {
        rest = rest.subarray(writeSync(fd, rest));
      } catch (error) {
        const { errno } = error as { errno: number };
        closed = errno !== -EAGAIN;
        // Failures of stderr cannot be reported.
        if (closed && fd === STDOUT && !isUnread(errno)) throw cannotWrite(error);
        if (closed) return;
        host ??= new LinuxHost();
        awaitRoom(host, fd);
      }
    }
  };
}

function cannotWrite(error: unknown): CliError {
  const { errno } = error as { errno: number };
  return asCliError(new HostError(errno, 'stdout ends here'));
}

/** Sleeps until a pipe that somebody has made non-blocking takes more, or loses its reader. */
function awaitRoom(host: LinuxHost, fd: number): void {
  const pollfd = host.alloc(8);
  pollfd.i32[0] = fd;
  pollfd.i32[1] = POLLOUT;
  host.poll(pollfd, 1, -1);
}
