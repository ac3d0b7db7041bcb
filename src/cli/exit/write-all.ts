import { CLOCK_MONOTONIC, POLLOUT, SIGINT, SIGTERM } from '../../host/constants.ts';
import { EAGAIN, EINTR, HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { pollOne } from '../../host/poll-one.ts';
import { guarded } from '../../trace/visible.ts';
import { asCliError, isUnread } from './errors.ts';
import { plainWrite } from './plain-io.ts';
import { reopen } from './reopen.ts';
import { endOfRoom } from './room.ts';

const STDOUT = 1;
/** The most bytes of one write. */
const PIECE = 1 << 16;
/** Between two looks whether somebody tells us to end. */
const LOOK_NS = 20e6;

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
  if (host !== null) return boundedWriter(host, fd, 0);
  return (text) => void plainWrite(fd, Buffer.from(guarded(text)));
}

/**
 * The same for the last lines of a session: what nobody takes within that time, or once somebody
 * tells us to end, is left out. Signals may be blocked: SIGKILL alone would end a write that blocks.
 */
export function boundedWriter(host: Host, fd: number, waitNs: number): (text: string) => void {
  return (text) => {
    const reopened = reopen(host, fd);
    const isTerminal = reopened < 0 && host.isatty(fd);
    const target = { fd: reopened < 0 ? fd : reopened, isTerminal };
    writeBounded(host, target, Buffer.from(guarded(text)), waitNs);
    if (reopened >= 0) host.close(reopened);
  };
}

function writeBounded(
  host: Host,
  { fd, isTerminal }: { fd: number; isTerminal: boolean },
  bytes: Uint8Array,
  waitNs: number,
): void {
  const write = byteWriter(host, fd);
  const endNs = host.clockNs(CLOCK_MONOTONIC) + waitNs;
  for (let at = 0; at < bytes.length; ) {
    const hasRoom = pollOne(host, fd, POLLOUT, 0) > 0;
    const ret = hasRoom ? write(bytes.subarray(at, endOfRoom(bytes, at, isTerminal))) : -EAGAIN;
    if (ret >= 0) at += ret;
    else if (ret === -EAGAIN) {
      if (host.clockNs(CLOCK_MONOTONIC) >= endNs || isToldToEnd(host)) return;
      pollOne(host, fd, POLLOUT, LOOK_NS);
    } else if (ret !== -EINTR) return;
  }
}

/** Whether somebody asks us to end, while signals are blocked. */
export function isToldToEnd(host: Host): boolean {
  return host.pendingSignals().some((signo) => signo === SIGTERM || signo === SIGINT);
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
