import {
  AF_INET,
  AF_UNIX,
  EPOLL_CTL_ADD,
  EPOLLRDHUP,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SIGPIPE,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SO_PEERCRED,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/host/constants.ts';
import {
  EADDRINUSE,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  ENOENT,
  ENOPROTOOPT,
  ENOTCONN,
  ENOTSOCK,
  EPIPE,
  EPROTONOSUPPORT,
} from '../../../src/host/errno.ts';
import { SOCKADDR_SIZE, type SocketAddress } from '../../../src/host/sockaddr.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';
import {
  abstractName,
  accept,
  bind,
  connect,
  errorOf,
  events,
  FLAGS,
  listener,
  nameOf,
  option,
  peerOf,
  setOption,
  socket,
} from './socket-tools.ts';

const IN_OUT = POLLIN | POLLOUT;

/** A connected pair: [client, server]. */
function connected(env: ContractEnv, to = abstractName(env)): [number, number] {
  const fd = listener(env, to);
  const client = socket(env, AF_UNIX);
  env.equal(connect(env, client, to), 0, 'connect');
  return [client, accept(env, fd)];
}

export const unixSockets: ContractCase[] = [
  {
    name: 'unix sockets: a connection to an abstract name goes both ways',
    run: (env) => {
      const to = abstractName(env);
      const [client, server] = connected(env, to);
      env.equal(env.write(client, 'ping'), 4, 'write');
      env.equal(env.read(server), 'ping', 'read');
      env.equal(env.write(server, 'pong'), 4, 'write');
      env.equal(env.read(client), 'pong', 'read');
      env.equal(nameOf(env, client), null, 'name of the client');
      env.equal(peerOf(env, client), to, 'peer of the client');
      env.equal(nameOf(env, server), to, 'name of the server');
      env.equal(peerOf(env, server), null, 'peer of the server');
    },
  },
  {
    name: 'unix sockets: a path is a file that outlives its socket, until it is unlinked',
    run: (env) => {
      const to: SocketAddress = { path: env.filePath };
      env.atEnd(() => env.host.unlink(env.filePath));
      const client = socket(env, AF_UNIX);
      env.fails(connect(env, client, to), ENOENT, 'nobody there');
      const fd = listener(env, to);
      env.equal(connect(env, client, to), 0, 'connect');
      env.equal(nameOf(env, accept(env, fd)), to, 'name of the server');
      env.fails(bind(env, socket(env, AF_UNIX), to), EADDRINUSE, 'another bind');
      env.host.close(fd);
      const late = socket(env, AF_UNIX);
      env.fails(connect(env, late, to), ECONNREFUSED, 'the file is there, the socket is not');
      env.fails(bind(env, late, to), EADDRINUSE, 'bind while the file is there');
      env.equal(env.host.unlink(env.filePath), 0, 'unlink');
      env.fails(env.host.unlink(env.filePath), ENOENT, 'unlink again');
      env.equal(bind(env, late, to), 0, 'bind');
      env.fails(bind(env, late, abstractName(env)), EINVAL, 'second bind');
    },
  },
  {
    name: 'unix sockets: a regular file is ECONNREFUSED',
    run: (env) => {
      env.file();
      env.fails(
        connect(env, socket(env, AF_UNIX), { path: env.filePath }),
        ECONNREFUSED,
        'connect',
      );
    },
  },
  {
    name: 'unix sockets: an abstract name is free again once its socket is closed',
    run: (env) => {
      const to = abstractName(env);
      const fd = listener(env, to);
      env.fails(bind(env, socket(env, AF_UNIX), to), EADDRINUSE, 'bind');
      env.host.close(fd);
      env.fails(connect(env, socket(env, AF_UNIX), to), ECONNREFUSED, 'connect');
      listener(env, to);
    },
  },
  {
    name: 'unix sockets: a listener is readable while a connection waits, and never writable',
    run: (env) => {
      const to = abstractName(env);
      const fd = listener(env, to);
      env.equal(events(env, fd), 0, 'idle');
      env.fails(env.host.accept4(fd, FLAGS), EAGAIN, 'accept of nothing');
      env.fails(env.host.read(fd, env.buf, 0, 1), EINVAL, 'read');
      const client = socket(env, AF_UNIX);
      env.equal(connect(env, client, to), 0, 'connect');
      env.equal(events(env, fd), POLLIN, 'one waits');
      env.equal(env.write(client, 'early'), 5, 'write before accept');
      env.equal(env.read(accept(env, fd)), 'early', 'read');
      env.equal(events(env, fd), 0, 'idle again');
    },
  },
  {
    name: 'unix sockets: a full backlog is EAGAIN until one is accepted',
    run: (env) => {
      const to = abstractName(env);
      const fd = listener(env, to, 1);
      for (let i = 0; i < 2; i++) {
        env.equal(connect(env, socket(env, AF_UNIX), to), 0, `connection ${i}`);
      }
      const late = socket(env, AF_UNIX);
      env.fails(connect(env, late, to), EAGAIN, 'one too many');
      accept(env, fd);
      env.equal(connect(env, late, to), 0, 'then there is room');
    },
  },
  {
    name: 'unix sockets: connections that wait are reset if the listener closes',
    run: (env) => {
      const to = abstractName(env);
      const fd = listener(env, to);
      const client = socket(env, AF_UNIX);
      env.equal(connect(env, client, to), 0, 'connect');
      env.host.close(fd);
      env.equal(events(env, client), IN_OUT | POLLERR | POLLHUP | POLLRDHUP, 'events');
      env.fails(env.host.read(client, env.buf, 0, 1), ECONNRESET, 'read');
      env.equal(env.read(client), '', 'end of file');
    },
  },
  {
    name: 'unix sockets: a fresh socket is hung up and writable, and cannot be used',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const fd = socket(env, AF_UNIX);
      env.equal(events(env, fd), POLLOUT | POLLHUP, 'events');
      env.fails(env.host.read(fd, env.buf, 0, 1), EINVAL, 'read');
      env.fails(env.write(fd, 'x'), ENOTCONN, 'write');
      env.fails(env.host.accept4(fd, 0), EINVAL, 'accept4');
      env.fails(env.host.listen(fd, 1), EINVAL, 'listen without a name');
      env.fails(env.host.getpeername(fd, env.buf), ENOTCONN, 'getpeername');
      env.equal(nameOf(env, fd), null, 'name');
    },
  },
  {
    name: 'unix sockets: a half close is POLLIN and POLLRDHUP, and the other half goes on',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [client, server] = connected(env);
      env.equal(events(env, server), POLLOUT, 'before');
      env.write(client, 'last');
      env.equal(env.host.shutdown(client, SHUT_WR), 0, 'shutdown');
      env.equal(events(env, server), IN_OUT | POLLRDHUP, 'with bytes');
      env.equal(env.read(server), 'last', 'read');
      env.equal(env.read(server), '', 'end of file');
      env.equal(events(env, server), IN_OUT | POLLRDHUP, 'without bytes');
      env.equal(env.write(server, 'answer'), 6, 'write');
      env.equal(env.read(client), 'answer', 'read');
      env.fails(env.write(client, 'x'), EPIPE, 'write after the shutdown');
      env.equal(events(env, client), POLLOUT, 'the client is not hung up');
      env.equal(env.host.shutdown(server, SHUT_WR), 0, 'shutdown');
      env.equal(events(env, client), IN_OUT | POLLRDHUP | POLLHUP, 'both halves');
    },
  },
  {
    name: 'unix sockets: a peer that is gone is POLLIN, POLLRDHUP and POLLHUP',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [client, server] = connected(env);
      env.host.close(server);
      env.equal(events(env, client), IN_OUT | POLLRDHUP | POLLHUP, 'events');
      env.equal(env.poll1(client, 0), POLLHUP, 'asked for nothing');
      env.equal(env.read(client), '', 'end of file');
      env.fails(env.write(client, 'x'), EPIPE, 'write');
    },
  },
  {
    name: 'unix sockets: epoll reports POLLRDHUP if it is asked for',
    run: (env) => {
      const [client, server] = connected(env);
      const epfd = env.epoll();
      env.host.epollCtl(epfd, EPOLL_CTL_ADD, client, EPOLLRDHUP, 7);
      env.equal(env.epollWait(epfd), [], 'before');
      env.host.shutdown(server, SHUT_WR);
      env.equal(env.epollWait(epfd), [[client, EPOLLRDHUP, 7]], 'after');
    },
  },
  {
    name: 'unix sockets: shutdown of reading ends reads here, and writes there',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [client, server] = connected(env);
      env.equal(env.host.shutdown(client, SHUT_RD), 0, 'shutdown');
      env.equal(env.read(client), '', 'read');
      env.fails(env.write(server, 'x'), EPIPE, 'write');
      env.equal(env.write(client, 'still'), 5, 'the other direction');
      env.equal(env.read(server), 'still', 'read');
      env.equal(env.host.shutdown(client, SHUT_RDWR), 0, 'all');
      env.fails(env.host.shutdown(client, 3), EINVAL, 'shutdown of a fourth kind');
    },
  },
  {
    name: 'unix sockets: SO_PEERCRED is the process at the other end',
    run: (env) => {
      const [client, server] = connected(env);
      const value = env.host.alloc(12);
      for (const fd of [client, server]) {
        env.equal(env.host.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value), 12, 'length');
        env.equal(value.i32[0], env.host.getpid(), 'pid');
        env.ok(value.i32[1]! >= 0 && value.i32[2]! >= 0, 'uid and gid');
      }
      const [a] = env.socketpair();
      env.host.getsockopt(a, SOL_SOCKET, SO_PEERCRED, value);
      env.equal(value.i32[0], env.host.getpid(), 'pid of a pair');
      const alone = socket(env, AF_UNIX);
      env.host.getsockopt(alone, SOL_SOCKET, SO_PEERCRED, value);
      env.equal([...value.i32.subarray(0, 3)], [0, -1, -1], 'without a peer');
    },
  },
  {
    name: 'unix sockets: options tell what a socket is',
    run: (env) => {
      const to = abstractName(env);
      const fd = listener(env, to);
      env.equal(option(env, fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM, 'SO_TYPE');
      env.equal(option(env, fd, SOL_SOCKET, SO_DOMAIN), AF_UNIX, 'SO_DOMAIN');
      env.equal(option(env, fd, SOL_SOCKET, SO_ACCEPTCONN), 1, 'SO_ACCEPTCONN');
      env.equal(errorOf(env, fd), 0, 'SO_ERROR');
      env.equal(setOption(env, fd, SOL_SOCKET, SO_SNDBUF, 10000), 0, 'SO_SNDBUF');
      env.equal(option(env, fd, SOL_SOCKET, SO_SNDBUF), 20000, 'the kernel doubles it');
      env.fails(setOption(env, fd, SOL_SOCKET, SO_TYPE, 1), ENOPROTOOPT, 'SO_TYPE cannot be set');
      env.fails(
        env.host.getsockopt(fd, SOL_SOCKET, 9999, env.buf),
        ENOPROTOOPT,
        'an unknown option',
      );
      env.fails(env.host.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, env.buf, 2), EINVAL, 'half an int');
      const short = env.host.alloc(2);
      env.equal(env.host.getsockopt(fd, SOL_SOCKET, SO_TYPE, short), 2, 'as far as it goes');
    },
  },
  {
    name: 'unix sockets: SO_SNDBUF bounds the bytes under way',
    run: (env) => {
      const [client, server] = connected(env);
      env.equal(setOption(env, client, SOL_SOCKET, SO_SNDBUF, 8192), 0, 'SO_SNDBUF');
      let sent = 0;
      for (let n = 0; n >= 0; sent += Math.max(n, 0)) n = env.host.write(client, env.buf, 0, 1024);
      env.ok(sent < 65536, `${sent} bytes went in`);
      env.equal(events(env, client), 0, 'full');
      while (env.host.read(server, env.buf, 0, 65536) > 0);
      env.equal(events(env, client), POLLOUT, 'drained');
    },
  },
  {
    name: 'unix sockets: a blocking accept and connect succeed at once if they can',
    run: (env) => {
      const to = abstractName(env);
      const fd = socket(env, AF_UNIX, 0);
      env.equal(bind(env, fd, to), 0, 'bind');
      env.equal(env.host.listen(fd, 1), 0, 'listen');
      env.equal(connect(env, socket(env, AF_UNIX, 0), to), 0, 'connect');
      const server = env.own(env.host.accept4(fd, 0), 'accept4');
      env.equal(env.host.fcntl(server, 1, 0), 0, 'not close-on-exec');
      env.equal(env.host.fcntl(server, 3, 0) & 0o4000, 0, 'blocking');
    },
  },
  {
    name: 'unix sockets: a second connect is EISCONN',
    run: (env) => {
      const to = abstractName(env);
      listener(env, to);
      const client = socket(env, AF_UNIX);
      env.equal(connect(env, client, to), 0, 'connect');
      env.fails(connect(env, client, to), EISCONN, 'again');
    },
  },
  {
    name: 'unix sockets: an address that goes beyond its buffer is cut off',
    run: (env) => {
      const to = abstractName(env);
      const fd = listener(env, to);
      const short = env.host.alloc(4);
      const whole = env.host.alloc(SOCKADDR_SIZE);
      const length = env.good(env.host.getsockname(fd, whole), 'getsockname');
      env.equal(env.host.getsockname(fd, short), length, 'the whole length');
      env.equal([...short.u8], [...whole.u8.subarray(0, 4)], 'its beginning');
    },
  },
  {
    name: 'sockets: other descriptors, wrong types and unknown kinds are refused',
    run: (env) => {
      const { host, buf } = env;
      const fd = env.eventfd();
      const closed = env.eventfd();
      host.close(closed);
      for (const [which, errno] of [
        [fd, ENOTSOCK],
        [closed, EBADF],
        [NaN, EBADF],
        ['0' as unknown as number, EBADF],
      ] as const) {
        const what = String(which);
        env.fails(host.bind(which, buf, 16), errno, `bind of ${what}`);
        env.fails(host.listen(which, 1), errno, `listen of ${what}`);
        env.fails(host.accept4(which, 0), errno, `accept4 of ${what}`);
        env.fails(host.connect(which, buf, 16), errno, `connect of ${what}`);
        env.fails(host.shutdown(which, 0), errno, `shutdown of ${what}`);
        env.fails(host.getsockname(which, buf), errno, `getsockname of ${what}`);
        env.fails(host.getpeername(which, buf), errno, `getpeername of ${what}`);
        env.fails(host.getsockopt(which, SOL_SOCKET, SO_ERROR, buf), errno, `getsockopt ${what}`);
        env.fails(host.setsockopt(which, SOL_SOCKET, 2, buf, 4), errno, `setsockopt ${what}`);
      }
      const unix = socket(env, AF_UNIX);
      for (const wrong of [NaN, undefined, 0.5, '0', 3n, {}, null] as unknown as number[]) {
        const what = String(wrong);
        env.fails(host.socket(wrong, 1, 0), EINVAL, `socket of ${what}`);
        env.fails(host.socket(1, wrong, 0), EINVAL, `socket type ${what}`);
        env.fails(host.socket(1, 1, wrong), EINVAL, `socket protocol ${what}`);
        env.fails(host.bind(unix, buf, wrong), EINVAL, `bind length ${what}`);
        env.fails(host.connect(unix, buf, wrong), EINVAL, `connect length ${what}`);
        env.fails(host.listen(unix, wrong), EINVAL, `listen backlog ${what}`);
        env.fails(host.accept4(unix, wrong), EINVAL, `accept4 flags ${what}`);
        env.fails(host.shutdown(unix, wrong), EINVAL, `shutdown how ${what}`);
        env.fails(host.getsockopt(unix, wrong, 4, buf), EINVAL, `getsockopt level ${what}`);
        env.fails(host.setsockopt(unix, 1, 2, buf, wrong), EINVAL, `setsockopt length ${what}`);
        const memory = wrong as unknown as typeof buf;
        env.fails(host.bind(unix, memory, 16), EINVAL, `bind of ${what}`);
        env.fails(host.connect(unix, memory, 16), EINVAL, `connect of ${what}`);
        env.fails(host.getsockname(unix, memory), EINVAL, `getsockname into ${what}`);
        env.fails(host.getpeername(unix, memory), EINVAL, `getpeername into ${what}`.slice(0, 99));
        env.fails(host.getsockopt(unix, 1, 4, memory), EINVAL, `getsockopt into ${what}`);
        env.fails(host.setsockopt(unix, 1, 2, memory, 4), EINVAL, `setsockopt of ${what}`);
      }
      env.fails(host.bind(unix, host.alloc(4), 16), EINVAL, 'an address beyond its buffer');
      env.fails(host.socket(99, 1, 0), EAFNOSUPPORT, 'an unknown family');
      env.fails(host.socket(AF_UNIX, 1, 99), EPROTONOSUPPORT, 'an unknown protocol');
      env.fails(host.socket(AF_INET, 1, 99), EPROTONOSUPPORT, 'an unknown protocol of IP');
      env.fails(host.socket(AF_UNIX, 1 | (1 << 20), 0), EINVAL, 'an unknown flag');
    },
  },
];
