import { POLLIN, POLLOUT, SIGPIPE } from '../../../src/host/constants.ts';
import { EAFNOSUPPORT, EAGAIN, ECONNRESET, EPIPE } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

export const sockets: ContractCase[] = [
  {
    name: 'sockets: a pair goes both ways',
    run: (env) => {
      const [a, b] = env.socketpair();
      env.equal(env.write(a, 'ping'), 4, 'write');
      env.equal(env.poll1(b, POLLIN), POLLIN, 'revents');
      env.equal(env.read(b), 'ping', 'read');
      env.equal(env.write(b, 'pong'), 4, 'write');
      env.equal(env.read(a, 2), 'po', 'read of two');
      env.equal(env.read(a), 'ng', 'the rest');
      env.fails(env.host.read(a, env.buf, 0, 1), EAGAIN, 'read of nothing');
    },
  },
  {
    name: 'sockets: a full one is EAGAIN and not writable, until it is read',
    run: (env) => {
      const [a, b] = env.socketpair();
      let sent = 0;
      for (let n = 0; n >= 0; sent += Math.max(n, 0)) n = env.host.write(a, env.buf, 0, 65536);
      env.ok(sent >= 65536, `${sent} bytes went in`);
      env.fails(env.host.write(a, env.buf, 0, 65536), EAGAIN, 'write');
      env.equal(env.poll1(a, POLLOUT), 0, 'full');
      let got = 0;
      for (let n = 0; n >= 0; got += Math.max(n, 0)) n = env.host.read(b, env.buf, 0, 65536);
      env.equal(got, sent, 'bytes read');
      env.equal(env.poll1(a, POLLOUT), POLLOUT, 'drained');
    },
  },
  {
    name: 'sockets: bytes sent can be read after the sender has closed, then end of file',
    run: (env) => {
      const [a, b] = env.socketpair();
      env.write(a, 'last');
      env.host.close(a);
      env.equal(env.read(b), 'last', 'read');
      env.equal(env.read(b), '', 'end of file');
    },
  },
  {
    name: 'sockets: a peer that closes with unread bytes resets the connection',
    run: (env) => {
      const [a, b] = env.socketpair();
      env.write(a, 'unread');
      env.host.close(b);
      env.fails(env.host.read(a, env.buf, 0, 1), ECONNRESET, 'first read');
      env.equal(env.read(a), '', 'then end of file');
    },
  },
  {
    name: 'sockets: a write to a closed peer is EPIPE',
    run: (env) => {
      env.action(SIGPIPE, 1);
      const [a, b] = env.socketpair();
      env.host.close(b);
      env.fails(env.write(a, 'x'), EPIPE, 'write');
    },
  },
  {
    name: 'sockets: an unknown family is EAFNOSUPPORT',
    run: (env) => env.fails(env.host.socketpair(99, 1, []), EAFNOSUPPORT, 'family 99'),
  },
];
