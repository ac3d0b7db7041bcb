import { checkInteger, checkObject } from '../host/arguments.ts';
import {
  F_DUPFD_CLOEXEC,
  F_SETFD,
  FD_CLOEXEC,
  SO_ACCEPTCONN,
  SOL_SOCKET,
} from '../host/constants.ts';
import { check } from '../host/errno.ts';
import type { Host } from '../host/host.ts';
import { aBoolean, aFunction, anything, checkShape, type Shape } from '../host/shape.ts';
import { Connection } from './connection.ts';
import { contextOf, type IoLoop, ignoreSigpipe } from './io-loop.ts';
import { Listener, type ListenerCallbacks } from './listener.ts';

export interface AdoptOptions extends Partial<ListenerCallbacks> {
  readonly loop: IoLoop;
  readonly fd: number;
  /**
   * Whether the descriptor itself is taken over, and closed at the end. By default a duplicate is,
   * and whoever has opened the descriptor closes it.
   */
  readonly take?: boolean | undefined;
}

const OPTIONS: Shape<AdoptOptions> = {
  loop: anything,
  fd: anything,
  take: aBoolean,
  onConnection: aFunction,
  onError: aFunction,
};

/**
 * Puts a socket that comes from elsewhere on a loop: from systemd (listenFds), from a parent
 * process, or from a net.Server (`server._handle.fd`). Returns a Listener if it listens, which needs
 * onConnection, and a Connection otherwise.
 *
 * The socket becomes non-blocking for all who have it. Two loops that listen at one socket both get
 * connections.
 * @throws HostError if it is not open (EBADF), or not a socket (ENOTSOCK); TypeError, RangeError for
 *   wrong options. QEMU: qio_channel_socket_new_fd.
 */
export function adoptFd(options: AdoptOptions): Listener | Connection {
  checkObject(options, 'adoptFd: options', '{ loop, fd }');
  checkShape(options, 'adoptFd', OPTIONS);
  const ctx = contextOf(options.loop, 'adoptFd');
  const { fd, take = false } = options;
  checkInteger(fd, 'adoptFd: fd', 0, 0x7fffffff);
  const { host } = ctx;
  const what = `adoptFd of fd ${fd}`;
  const value = host.alloc(4);
  check(host.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value), what);
  const own = take ? fd : check(host.fcntl(fd, F_DUPFD_CLOEXEC, 0), what);
  try {
    if (value.i32[0] !== 0) return new Listener(options as ListenerCallbacks, own);
    ignoreSigpipe(host);
    return new Connection(ctx, own);
  } catch (error) {
    if (!take) host.close(own);
    throw error;
  }
}

/** A socket that systemd has opened for this process. */
export interface ListenFd {
  readonly fd: number;
  /** FileDescriptorName= of its unit; `unknown` if it has none. */
  readonly name: string;
}

const FIRST_LISTEN_FD = 3;

/**
 * The sockets that systemd, or another that speaks its protocol, hands this process: those of
 * LISTEN_FDS from descriptor 3 on, if LISTEN_PID is this process. They become close-on-exec. Empty
 * if there are none. QEMU: check_socket_activation.
 * @param env by default process.env
 */
export function listenFds(
  host: Host,
  env: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {},
): ListenFd[] {
  checkObject(env, 'listenFds: the environment', 'an object');
  const { LISTEN_PID = '', LISTEN_FDS = '', LISTEN_FDNAMES = '' } = env;
  if (Number(LISTEN_PID) !== host.getpid() || !/^\d{1,9}$/.test(LISTEN_FDS)) return [];
  const names = LISTEN_FDNAMES.split(':');
  const found: ListenFd[] = [];
  for (let i = 0; i < Number(LISTEN_FDS); i++) {
    const fd = FIRST_LISTEN_FD + i;
    if (host.fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) break;
    found.push({ fd, name: names[i] || 'unknown' });
  }
  return found;
}
