import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDHUP,
  SHUT_WR,
  SIGPIPE,
  SO_ERROR,
  SO_PEERCRED,
  SO_REUSEADDR,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../../src/host/constants.ts';
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EPIPE,
} from '../../../src/host/errno.ts';
import type { InetSocketAddress } from '../../../src/host/sockaddr.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';
import { SOON_NS } from '../contract.ts';
import {
  accept,
  becomes,
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
const ANY = { host: '127.0.0.1', port: 0 };

function listening(env: ContractEnv, at = ANY): [fd: number, to: InetSocketAddress] {
  const fd = listener(env, at);
  return [fd, nameOf(env, fd) as InetSocketAddress];
}

/** A connected pair: [client, server]. */
function connected(env: ContractEnv, at = ANY): [number, number] {
  const [fd, to] = listening(env, at);
  const client = socket(env, at.host.includes(':') ? AF_INET6 : AF_INET);
  env.fails(connect(env, client, to), EINPROGRESS, 'connect');
  env.equal(env.poll1(client, POLLOUT, SOON_NS), POLLOUT, 'the client becomes writable');
  env.equal(errorOf(env, client), 0, 'SO_ERROR');
  return [client, accept(env, fd)];
}

export const tcpSockets: ContractCase[] = [
  {
    name: 'tcp sockets: a connection goes both ways, and both ends know their names',
    run: (env) => {
      const [client, server] = connected(env);
      env.equal(env.write(client, 'ping'), 4, 'write');
      env.equal(env.poll1(server, POLLIN, SOON_NS), POLLIN, 'the bytes come');
      env.equal(env.read(server), 'ping', 'read');
      env.equal(env.write(server, 'pong'), 4, 'write');
      env.equal(env.poll1(client, POLLIN, SOON_NS), POLLIN, 'the bytes come');
      env.equal(env.read(client, 2), 'po', 'read of two');
      env.equal(env.read(client), 'ng', 'the rest');
      env.fails(env.host.read(client, env.buf, 0, 1), EAGAIN, 'read of nothing');
      env.equal(peerOf(env, client), nameOf(env, server), 'the peer of the client');
      env.equal(peerOf(env, server), nameOf(env, client), 'the peer of the server');
      env.equal((nameOf(env, client) as InetSocketAddress).host, '127.0.0.1', 'address');
    },
  },
  {
    name: 'tcp sockets: IPv6',
    run: (env) => {
      const [client, server] = connected(env, { host: '::1', port: 0 });
      env.equal(env.write(client, 'six'), 3, 'write');
      env.equal(env.poll1(server, POLLIN, SOON_NS), POLLIN, 'the bytes come');
      env.equal(env.read(server), 'six', 'read');
      env.equal((peerOf(env, server) as InetSocketAddress).host, '::1', 'address');
    },
  },
  {
    name: 'tcp sockets: a listener of :: takes IPv4 too, with mapped addresses, unless V6ONLY is set',
    run: (env) => {
      const [fd, { port }] = listening(env, { host: '::', port: 0 });
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, { host: '127.0.0.1', port }), EINPROGRESS, 'connect');
      const server = accept(env, fd);
      env.equal((peerOf(env, server) as InetSocketAddress).host, '::ffff:127.0.0.1', 'address');
      const only = socket(env, AF_INET6);
      env.equal(setOption(env, only, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0, 'V6ONLY');
      env.equal(option(env, only, IPPROTO_IPV6, IPV6_V6ONLY), 1, 'V6ONLY');
      env.equal(bind(env, only, { host: '::', port: 0 }), 0, 'bind');
      env.host.listen(only, 1);
      const four = socket(env, AF_INET);
      const other = (nameOf(env, only) as InetSocketAddress).port;
      env.fails(connect(env, four, { host: '127.0.0.1', port: other }), EINPROGRESS, 'connect');
      env.ok((becomes(env, four, POLLERR) & POLLERR) !== 0, 'refused');
    },
  },
  {
    name: 'tcp sockets: a port at which nobody listens refuses',
    run: (env) => {
      const [fd, to] = listening(env);
      env.host.close(fd);
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, to), EINPROGRESS, 'connect');
      const all = IN_OUT | POLLERR | POLLHUP | POLLRDHUP;
      env.equal(becomes(env, client, all), all, 'events');
      env.equal(errorOf(env, client), ECONNREFUSED, 'SO_ERROR');
      env.equal(errorOf(env, client), 0, 'SO_ERROR tells it once');
      env.equal(events(env, client), all & ~POLLERR, 'events after that');
      env.fails(connect(env, socket(env, AF_INET, 0), to), ECONNREFUSED, 'a blocking connect');
    },
  },
  {
    name: 'tcp sockets: a blocking connect and accept succeed',
    run: (env) => {
      const [fd, to] = listening(env);
      const client = socket(env, AF_INET, 0);
      env.equal(connect(env, client, to), 0, 'connect');
      env.fails(connect(env, client, to), EISCONN, 'again');
      env.equal(env.host.fcntl(fd, 4, 0), 0, 'blocking from now on');
      const server = env.own(env.host.accept4(fd, FLAGS), 'accept4');
      env.equal(peerOf(env, server), nameOf(env, client), 'peer');
    },
  },
  {
    name: 'tcp sockets: a connect that is under way is done by another connect, or by SO_ERROR',
    run: (env) => {
      const [, to] = listening(env);
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, to), EINPROGRESS, 'connect');
      env.equal(env.poll1(client, POLLOUT, SOON_NS), POLLOUT, 'writable');
      env.equal(connect(env, client, to), 0, 'again');
      env.fails(connect(env, client, to), EISCONN, 'and again');
    },
  },
  {
    name: 'tcp sockets: a fresh socket is hung up and writable, and cannot be used',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const fd = socket(env, AF_INET);
      env.equal(events(env, fd), POLLOUT | POLLHUP, 'events');
      env.fails(env.host.read(fd, env.buf, 0, 1), ENOTCONN, 'read');
      env.fails(env.write(fd, 'x'), EPIPE, 'write');
      env.fails(env.host.accept4(fd, 0), EINVAL, 'accept4');
      env.fails(env.host.shutdown(fd, SHUT_WR), ENOTCONN, 'shutdown');
      env.fails(env.host.getpeername(fd, env.buf), ENOTCONN, 'getpeername');
      env.equal(nameOf(env, fd), { host: '0.0.0.0', port: 0 }, 'name');
    },
  },
  {
    name: 'tcp sockets: a listener without a name gets a port, and is not writable',
    run: (env) => {
      const fd = socket(env, AF_INET);
      env.equal(env.host.listen(fd, 4), 0, 'listen');
      env.equal(events(env, fd), 0, 'idle');
      const { port } = nameOf(env, fd) as InetSocketAddress;
      env.ok(port > 1023, `port ${port}`);
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, { host: '127.0.0.1', port }), EINPROGRESS, 'connect');
      env.equal(env.poll1(fd, POLLIN, SOON_NS), POLLIN, 'readable');
      env.equal(events(env, fd), POLLIN, 'one waits');
    },
  },
  {
    name: 'tcp sockets: a half close is POLLIN and POLLRDHUP, and the other half goes on',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [client, server] = connected(env);
      env.write(client, 'last');
      env.equal(env.host.shutdown(client, SHUT_WR), 0, 'shutdown');
      env.equal(becomes(env, server, POLLRDHUP), IN_OUT | POLLRDHUP, 'with bytes');
      env.equal(env.read(server), 'last', 'read');
      env.equal(env.read(server), '', 'end of file');
      env.equal(events(env, server), IN_OUT | POLLRDHUP, 'without bytes');
      env.equal(env.write(server, 'answer'), 6, 'write');
      env.equal(env.poll1(client, POLLIN, SOON_NS), POLLIN, 'the bytes come');
      env.equal(env.read(client), 'answer', 'read');
      env.fails(env.write(client, 'x'), EPIPE, 'write after the shutdown');
      env.equal(events(env, client), POLLOUT, 'the client is not hung up');
      env.equal(env.host.shutdown(server, SHUT_WR), 0, 'shutdown');
      const all = IN_OUT | POLLRDHUP | POLLHUP;
      env.equal(becomes(env, client, all), all, 'both halves');
    },
  },
  {
    name: 'tcp sockets: a peer that closes is POLLIN and POLLRDHUP, without POLLHUP',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [client, server] = connected(env);
      env.host.close(server);
      env.equal(becomes(env, client, POLLRDHUP), IN_OUT | POLLRDHUP, 'events');
      env.equal(env.read(client), '', 'end of file');
      env.equal(env.write(client, 'x'), 1, 'a write is answered with a reset');
      const all = IN_OUT | POLLRDHUP | POLLHUP | POLLERR;
      env.equal(becomes(env, client, all), all, 'after the reset');
      env.fails(env.write(client, 'y'), EPIPE, 'the next write');
      env.equal(env.read(client), '', 'still the end of file');
    },
  },
  {
    name: 'tcp sockets: a peer that closes with unread bytes resets the connection',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [client, server] = connected(env);
      env.write(client, 'unread');
      env.equal(env.poll1(server, POLLIN, SOON_NS), POLLIN, 'the bytes come');
      env.host.close(server);
      const all = IN_OUT | POLLRDHUP | POLLHUP | POLLERR;
      env.equal(becomes(env, client, all), all, 'events');
      env.fails(env.host.read(client, env.buf, 0, 1), ECONNRESET, 'first read');
      env.equal(env.read(client), '', 'then end of file');
      env.fails(env.write(client, 'x'), EPIPE, 'write');
    },
  },
  {
    name: 'tcp sockets: connections that wait are reset if the listener closes',
    run: (env) => {
      const [fd, to] = listening(env);
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, to), EINPROGRESS, 'connect');
      env.equal(env.poll1(fd, POLLIN, SOON_NS), POLLIN, 'it waits');
      env.host.close(fd);
      env.ok((becomes(env, client, POLLERR) & POLLERR) !== 0, 'POLLERR');
      env.equal(errorOf(env, client), ECONNRESET, 'SO_ERROR');
    },
  },
  {
    name: 'tcp sockets: a full one is EAGAIN and not writable, until it is read',
    run: (env) => {
      const [client, server] = connected(env);
      let sent = 0;
      const fill = (): void => {
        for (let n = 0; n >= 0; sent += Math.max(n, 0)) {
          n = env.host.write(client, env.buf, 0, 131072);
          if (n < 0) env.fails(n, EAGAIN, 'write');
        }
      };
      // Bytes that arrive make room once more.
      for (let i = 0; i < 10; i++) {
        fill();
        env.pass(1e6);
      }
      env.ok(sent >= 65536, `${sent} bytes went in`);
      env.equal(env.poll1(client, POLLOUT), 0, 'full');
      let got = 0;
      while (got < sent) {
        const n = env.host.read(server, env.buf, 0, 131072);
        if (n > 0) got += n;
        else env.equal(env.poll1(server, POLLIN, SOON_NS), POLLIN, 'more bytes come');
      }
      env.equal(env.poll1(client, POLLOUT, SOON_NS), POLLOUT, 'drained');
    },
  },
  {
    name: 'tcp sockets: a port is taken once, and after a connection until SO_REUSEADDR',
    run: (env) => {
      const fd = socket(env, AF_INET);
      env.equal(setOption(env, fd, SOL_SOCKET, SO_REUSEADDR, 1), 0, 'SO_REUSEADDR');
      env.equal(bind(env, fd, ANY), 0, 'bind');
      env.equal(env.host.listen(fd, 4), 0, 'listen');
      const to = nameOf(env, fd) as InetSocketAddress;
      env.fails(bind(env, socket(env, AF_INET), to), EADDRINUSE, 'bind');
      const other = socket(env, AF_INET);
      env.equal(setOption(env, other, SOL_SOCKET, SO_REUSEADDR, 1), 0, 'SO_REUSEADDR');
      env.equal(option(env, other, SOL_SOCKET, SO_REUSEADDR), 1, 'SO_REUSEADDR');
      env.fails(bind(env, other, to), EADDRINUSE, 'a port that listens');
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, to), EINPROGRESS, 'connect');
      const server = accept(env, fd);
      env.host.close(server);
      becomes(env, client, POLLRDHUP);
      env.host.close(client);
      env.host.close(fd);
      env.fails(bind(env, socket(env, AF_INET), to), EADDRINUSE, 'a closed connection');
      env.equal(bind(env, other, to), 0, 'bind with SO_REUSEADDR');
    },
  },
  {
    name: 'tcp sockets: a client closes first, and the port of the listener is free',
    run: (env) => {
      const [fd, to] = listening(env);
      const client = socket(env, AF_INET);
      env.fails(connect(env, client, to), EINPROGRESS, 'connect');
      const server = accept(env, fd);
      env.host.close(client);
      becomes(env, server, POLLRDHUP);
      env.host.close(server);
      env.host.close(fd);
      const next = socket(env, AF_INET);
      // Until the last FIN is acknowledged, the port is in use.
      let bound = bind(env, next, to);
      for (let tries = 0; bound !== 0 && tries < 1000; tries++) {
        env.pass(1e6);
        bound = bind(env, next, to);
      }
      env.equal(bound, 0, 'bind');
    },
  },
  {
    name: 'tcp sockets: wrong addresses are refused',
    run: (env) => {
      const fd = socket(env, AF_INET);
      env.fails(bind(env, fd, { host: '192.0.2.1', port: 0 }), EADDRNOTAVAIL, 'not ours');
      env.fails(bind(env, fd, { host: '::1', port: 0 }), EAFNOSUPPORT, 'of IPv6');
      env.fails(connect(env, fd, { host: '::1', port: 9 }), EAFNOSUPPORT, 'connect to IPv6');
      env.equal(bind(env, fd, ANY), 0, 'bind');
      env.fails(bind(env, fd, ANY), EINVAL, 'second bind');
    },
  },
  {
    name: 'tcp sockets: TCP_NODELAY and SO_ERROR of a fresh socket, and no SO_PEERCRED',
    run: (env) => {
      const fd = socket(env, AF_INET);
      env.equal(option(env, fd, IPPROTO_TCP, TCP_NODELAY), 0, 'at first');
      env.equal(setOption(env, fd, IPPROTO_TCP, TCP_NODELAY, 1), 0, 'set');
      env.equal(option(env, fd, IPPROTO_TCP, TCP_NODELAY), 1, 'then');
      env.equal(option(env, fd, SOL_SOCKET, SO_ERROR), 0, 'SO_ERROR');
      const value = env.host.alloc(12);
      env.equal(env.host.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value), 12, 'SO_PEERCRED');
      env.equal([...value.i32.subarray(0, 3)], [0, -1, -1], 'nobody');
    },
  },
];
