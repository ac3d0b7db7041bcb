/** The tools of cases about sockets. */
import {
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  POLLRDHUP,
  SO_ERROR,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/host/constants.ts';
import { outside } from '../../../src/host/record/outside.ts';
import {
  familyOf,
  putSockaddr,
  SOCKADDR_SIZE,
  type SocketAddress,
  takeSockaddr,
} from '../../../src/host/sockaddr.ts';
import type { ContractEnv } from '../contract.ts';
import { SOON_NS } from '../contract.ts';

export const FLAGS = O_NONBLOCK | O_CLOEXEC;

export function socket(env: ContractEnv, domain: number, flags = FLAGS): number {
  return env.own(env.host.socket(domain, SOCK_STREAM | flags, 0), 'socket');
}

export function bind(env: ContractEnv, fd: number, to: SocketAddress): number {
  const buffer = env.host.alloc(SOCKADDR_SIZE);
  return env.host.bind(fd, buffer, putSockaddr(buffer, to));
}

export function connect(env: ContractEnv, fd: number, to: SocketAddress): number {
  const buffer = env.host.alloc(SOCKADDR_SIZE);
  return env.host.connect(fd, buffer, putSockaddr(buffer, to));
}

export function nameOf(env: ContractEnv, fd: number): SocketAddress | null {
  const buffer = env.host.alloc(SOCKADDR_SIZE);
  return takeSockaddr(buffer, env.good(env.host.getsockname(fd, buffer), 'getsockname'));
}

export function peerOf(env: ContractEnv, fd: number): SocketAddress | null {
  const buffer = env.host.alloc(SOCKADDR_SIZE);
  return takeSockaddr(buffer, env.good(env.host.getpeername(fd, buffer), 'getpeername'));
}

export function listener(env: ContractEnv, at: SocketAddress, backlog = 16): number {
  const fd = socket(env, familyOf(at));
  env.equal(bind(env, fd, at), 0, 'bind');
  env.equal(env.host.listen(fd, backlog), 0, 'listen');
  return fd;
}

/** Accepts one connection, once it comes. */
export function accept(env: ContractEnv, fd: number): number {
  env.equal(env.poll1(fd, POLLIN, SOON_NS), POLLIN, 'the listener becomes readable');
  return env.own(env.host.accept4(fd, FLAGS), 'accept4');
}

/** An option that is an int. */
export function option(env: ContractEnv, fd: number, level: number, name: number): number {
  const value = env.host.alloc(4);
  env.equal(env.host.getsockopt(fd, level, name, value), 4, 'getsockopt');
  return value.i32[0]!;
}

export function setOption(
  env: ContractEnv,
  fd: number,
  level: number,
  name: number,
  value: number,
): number {
  const buffer = env.host.alloc(4);
  buffer.i32[0] = value;
  return env.host.setsockopt(fd, level, name, buffer, 4);
}

export function errorOf(env: ContractEnv, fd: number): number {
  return option(env, fd, SOL_SOCKET, SO_ERROR);
}

/** All events of a descriptor that hold now, without the twins of POLLIN and POLLOUT. */
export function events(env: ContractEnv, fd: number): number {
  return env.poll1(fd, 0x3fff) & (0x1f | POLLRDHUP);
}

/** Waits until these events hold, among others, and returns all. */
export function becomes(env: ContractEnv, fd: number, wanted: number): number {
  for (let tries = 0; ; tries++) {
    const now = events(env, fd);
    if ((now & wanted) === wanted || tries > 1000) return now;
    env.pass(1e6);
  }
}

let names = 0;

/** An abstract name that no other test has. */
export function abstractName(env: ContractEnv): SocketAddress {
  const number = outside(env.host, 'a name', () => ++names);
  return { path: `qemu-loop-contract-${env.host.getpid()}-${number}`, abstract: true };
}
