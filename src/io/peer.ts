import { SO_PEERCRED, SOL_SOCKET } from '../host/constants.ts';
import { check, ENOTCONN, HostError } from '../host/errno.ts';
import { SOCKADDR_SIZE, type SocketAddress, takeSockaddr } from '../host/sockaddr.ts';
import type { IoChannel } from './channel.ts';

/** The process at the other end of a unix socket. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

export function nameOf(
  { ctx, fd }: IoChannel,
  call: 'getsockname' | 'getpeername',
): SocketAddress | null {
  const buffer = ctx.host.alloc(SOCKADDR_SIZE);
  return takeSockaddr(buffer, ctx.host[call](fd, buffer));
}

/** @throws HostError (ENOTCONN) if there is none */
export function credentialsOf({ ctx, fd }: IoChannel): PeerCredentials {
  const value = ctx.host.alloc(12);
  check(ctx.host.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value), 'SO_PEERCRED');
  const [pid, uid, gid] = [value.i32[0]!, value.i32[1]!, value.i32[2]!];
  if (pid === 0) throw new HostError(ENOTCONN, 'SO_PEERCRED');
  return { pid, uid, gid };
}
