/** The table of Host calls, held to the methods that exist, the contract, and the calls of Linux. */

import { describe, expect, it } from 'vitest';
import { Belongings } from '../../src/host/belongings.ts';
import {
  HOST_CALL_NAMES,
  HOST_CALLS,
  HOST_FACTS,
  HOST_READINGS,
  type HostCallName,
} from '../../src/host/calls.ts';
import type { Host } from '../../src/host/host.ts';
import { FaultHost } from '../../src/host/lenses/faults.ts';
import { HostLens } from '../../src/host/lenses/lens.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { SimHost as WithThreads } from '../../src/host/sim/threads/worker-sim-host.ts';
import { cases } from '../host-contract/cases/index.ts';
import { runCase } from '../host-contract/contract.ts';
import { DENIED } from '../support/denied.ts';

/** Calls that a lens makes by others of its own, so that it sees each. */
const MADE_BY_OTHERS: readonly HostCallName[] = ['spawnAll'];
const PASSED_ON = HOST_CALL_NAMES.filter((name) => !MADE_BY_OTHERS.includes(name));

function methodsOf(prototype: object): string[] {
  const all = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const calls = all.filter(([, { value }]) => typeof value === 'function').map(([name]) => name);
  return calls.filter((name) => name !== 'constructor').sort();
}

/** A host that answers each call with its own name, and says with which arguments it was asked. */
function echo(): { host: Host; asked: unknown[][] } {
  const asked: unknown[][] = [];
  const host = Object.fromEntries([
    ...[...HOST_FACTS, ...HOST_READINGS].map((name) => [name, `value of ${name}`]),
    ...HOST_CALL_NAMES.map((name) => [
      name,
      (...args: unknown[]) => {
        asked.push([name, ...args]);
        return name === 'dispose' ? undefined : `result of ${name}`;
      },
    ]),
  ]);
  return { host: host as unknown as Host, asked };
}

describe('a lens', () => {
  it('has a method for each call of the table, and no other', () => {
    expect(methodsOf(HostLens.prototype)).toEqual([...HOST_CALL_NAMES].sort());
  });

  it.each(PASSED_ON)('passes %s on with all its arguments, and returns its result', (name) => {
    const { host, asked } = echo();
    const args = HOST_CALLS[name].args.map(([argument]) => ({ argument }));
    const call = new HostLens(host)[name] as (...args: unknown[]) => unknown;
    const result = call.apply(new HostLens(host), args);
    expect(asked).toEqual([[name, ...args]]);
    expect(result).toBe(name === 'dispose' ? undefined : `result of ${name}`);
  });

  const passed = [...HOST_FACTS, ...HOST_READINGS].filter((name) => name !== 'belongings');
  it.each(passed)('has the %s of its host', (name) => {
    expect(new HostLens(echo().host)[name]).toBe(`value of ${name}`);
  });

  it('has belongings of its own: a loop on it makes its calls through it', () => {
    const host = new LinuxHost();
    const lens = new HostLens(host);
    expect(lens.belongings).toBeInstanceOf(Belongings);
    expect(lens.belongings).not.toBe(host.belongings);
    host.dispose();
  });

  it('of faults answers in place of each call that has one', () => {
    for (const name of HOST_CALL_NAMES) {
      const { fault } = HOST_CALLS[name];
      if (fault === undefined) continue;
      const { host, asked } = echo();
      const faults = new FaultHost(host);
      faults.add([{ call: fault, error: 5, after: 0, times: 1 }]);
      faults.active = true;
      const call = (faults[name] as (...args: unknown[]) => unknown).bind(faults);
      const args = HOST_CALLS[name].args.map(() => ({}));
      expect([name, call(...args), asked]).toEqual([name, -5, []]);
      expect([name, call(...args), asked.length]).toEqual([name, `result of ${name}`, 1]);
    }
  });
});

describe.each([
  ['LinuxHost', LinuxHost],
  ['SimHost', SimHost],
])('%s', (_name, made) => {
  it('has every call of the table', () => {
    const methods = methodsOf(made.prototype);
    expect(HOST_CALL_NAMES.filter((name) => !methods.includes(name))).toEqual([]);
  });
});

describe('the contract', () => {
  it('makes every call, and fills what the table says', () => {
    // A ticket is of use only in a Worker: the tests of IOThreads and of simulated threads make them.
    const made = new Set<string>(['dispose', 'newThread']);
    const filled = new Set<string>();
    const sim = new WithThreads();
    const host = new HostLens(sim) as Host;
    for (const name of HOST_CALL_NAMES) {
      const inner = (sim[name] as (...args: unknown[]) => unknown).bind(sim);
      const value = (...args: unknown[]): unknown => {
        made.add(name);
        const before = args.map(contentOf);
        const result = inner(...args);
        for (const [i, [argument, kind]] of HOST_CALLS[name].args.entries()) {
          // A token is the host's own, and says nothing to others.
          if (kind !== 'token' && contentOf(args[i]) !== before[i])
            filled.add(`${name} ${argument}`);
        }
        return result;
      };
      Object.defineProperty(host, name, { value });
    }
    const subject = {
      host,
      program: sim.program.bind(sim),
      file: '/tmp/file',
      removeFile: () => sim.unlink('/tmp/file'),
      openFds: () => [],
    };
    expect(cases.filter((one) => !runCase(subject, one).ok)).toEqual([]);
    expect(HOST_CALL_NAMES.filter((name) => !made.has(name))).toEqual([]);
    const expected = HOST_CALL_NAMES.flatMap((name) =>
      (HOST_CALLS[name].fills ?? []).map((argument) => `${name} ${argument}`),
    );
    expect([...filled].sort()).toEqual(expected.sort());
  });
});

/** The bytes or fields of an argument that a call may fill. */
function contentOf(arg: unknown): string {
  if (typeof arg !== 'object' || arg === null || arg instanceof Int32Array) return '';
  if (Array.isArray(arg) && typeof arg[0] === 'object') return arg.map(contentOf).join();
  const { u8 } = arg as { readonly u8?: unknown };
  // A case gives one of another length than it has: a copy of that length would have bytes of nobody.
  if (u8 instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = u8;
    return byteLength > 0 ? Buffer.from(buffer, byteOffset, byteLength).toString('latin1') : '';
  }
  try {
    return JSON.stringify(arg);
  } catch {
    return '';
  }
}

/** System calls that the filter of tests/support/deny.cjs leaves alone, and why. */
const NEVER_DENIED: Readonly<Record<string, string>> = {
  clock_gettime: 'the kernel answers it without a system call',
  close: 'Node closes descriptors of its own',
  epoll_ctl: "Node's own loop ends without it",
  fcntl: 'Node asks it of its standard streams',
  getpid: 'it cannot fail',
  openat: 'Node opens its files',
  fdatasync: 'the command does not call it',
  fsync: 'the command does not call it',
  io_uring_setup: 'only a scenario with io_uring asks for it: tests/conformance-11.test.ts',
  io_uring_enter: 'only a scenario with io_uring calls it',
  pread64: 'the command does not call it',
  preadv: 'the command does not call it',
  pwrite64: 'the command does not call it',
  read: 'Node reads its files',
  rt_sigprocmask: 'libc makes threads with it',
  sched_yield: 'it cannot fail, and the command does not call it',
  socketpair: 'the command does not call it',
  write: 'nothing could be said',
  accept4: 'the command has no sockets',
  bind: 'the command has no sockets',
  connect: 'the command has no sockets',
  getpeername: 'the command has no sockets',
  getsockname: 'the command has no sockets',
  getsockopt: 'the command has no sockets',
  listen: 'the command has no sockets',
  setsockopt: 'the command has no sockets',
  shutdown: 'the command has no sockets',
  socket: 'the command has no sockets',
  readlink: 'only --pass-fd asks it',
  statx: 'Node looks at its files with it',
  unlink: 'the command does not call it',
};

it('every system call behind the table is denied once, or has a reason', () => {
  const denied = new Set(DENIED.flatMap(({ calls }) => calls.split('+')));
  const made = new Set(HOST_CALL_NAMES.flatMap((name) => HOST_CALLS[name].system));
  const missing = [...made].filter((call) => !denied.has(call) && !(call in NEVER_DENIED));
  expect(missing).toEqual([]);
  expect(Object.keys(NEVER_DENIED).filter((call) => !made.has(call) || denied.has(call))).toEqual(
    [],
  );
});
