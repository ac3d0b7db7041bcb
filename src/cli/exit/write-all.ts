import { POLLOUT } from '../../host/constants.ts';
import { EAGAIN, EINTR, HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { pollOne } from '../../host/poll-one.ts';
import { guarded } from '../../trace/visible.ts';
import { asCliError, isUnread } from './errors.ts';
import { plainWrite } from './plain-io.ts';

const STDOUT = 1;
/** The most bytes of one write. */
const PIECE = 1 << 16;

/**
 * Makes a function that writes lines of ours, with text from outside made safe for terminals. It
 * writes everything, even to a full pipe, and gives up if nobody reads any more. It throws CliError
 * if stdout cannot be written for another reason.
 * @param host null on a system that has none
 */
export function allWriter(host: Host | null, fd: number): (text: string) => void {
  const write = allBytesWriter(host, fd);
  return (text) => write(Buffer.from(guarded(text)));
}

/** The same for bytes, which are written as they are. */
export function allBytesWriter(host: Host | null, fd: number): (bytes: Uint8Array) => void {
  const write = byteWriter(host, fd);
  let closed = false;
  return (bytes) => {
    for (let at = 0; at < bytes.length && !closed; ) {
      const ret = write(bytes.subarray(at, at + PIECE));
      if (ret >= 0) at += ret;
      else if (ret === -EAGAIN) awaitRoom(host, fd);
      else if (ret !== -EINTR) {
        closed = true;
        // Failures of stderr cannot be reported.
        if (fd !== STDOUT || isUnread(ret)) return;
        throw asCliError(new HostError(ret, 'stdout ends here'));
      }
    }
  };
}

/** The same for text that is soon out of date: what does not go out at once is left out. */
export function someWriter(host: Host | null, fd: number): (text: string) => void {
  const write = byteWriter(host, fd);
  return (text) => {
    write(Buffer.from(guarded(text)).subarray(0, PIECE));
  };
}

/** Takes at most PIECE bytes. Returns how much it has written, or -errno. */
function byteWriter(host: Host | null, fd: number): (bytes: Uint8Array) => number {
  if (host === null) return (bytes) => plainWrite(fd, bytes);
  let buffer = host.alloc(0);
  return (bytes) => {
    if (buffer.size < bytes.length) buffer = host.alloc(Math.min(PIECE, 2 * bytes.length));
    buffer.u8.set(bytes);
    return host.write(fd, buffer, 0, bytes.length);
  };
}

/** Sleeps until a pipe that somebody has made non-blocking takes more, or loses its reader. */
function awaitRoom(host: Host | null, fd: number): void {
  if (host !== null) pollOne(host, fd, POLLOUT, -1);
}
