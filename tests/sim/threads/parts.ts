/** The parts of the threads in the tests of this folder. */

import { parentPort } from 'node:worker_threads';
import {
  CLOCK_MONOTONIC,
  F_GETFD,
  O_CLOEXEC,
  O_NONBLOCK,
  P_ALL,
  POLLIN,
  SIGUSR1,
  WEXITED,
} from '../../../src/host/constants.ts';
import { type HostBuffer, newWaitResult } from '../../../src/host/host.ts';
import { CappedHost } from '../../../src/host/lenses/capped.ts';
import { FaultHost } from '../../../src/host/lenses/faults.ts';
import { cases } from '../../host-contract/cases/index.ts';
import { runCase } from '../../host-contract/contract.ts';
import { FLAG, FUTEX, type Part } from './shared.ts';

/** Adds first, first + 1, first + 2, with a call after each. */
function adder(first: number): Part {
  return (host, { log }) => {
    for (let i = 0; i < 3; i++) {
      log.add(first + i);
      host.getpid();
    }
  };
}

function pollOne(
  host: { alloc(bytes: number): HostBuffer; poll(b: HostBuffer, n: number, ns: number): number },
  fd: number,
  timeoutNs: number,
): [result: number, revents: number] {
  const pollfd = host.alloc(8);
  pollfd.i32.set([fd, POLLIN]);
  const result = host.poll(pollfd, 1, timeoutNs);
  return [result, pollfd.i32[1]! >>> 16];
}

/** Locks a word as a mutex of three states does, adds a number twice, and gives it back. */
function inLock(number: number): Part {
  return (host, { log, words }) => {
    host.schedYield();
    if (Atomics.compareExchange(words, FUTEX, 0, 1) !== 0) {
      while (Atomics.exchange(words, FUTEX, 2) !== 0) host.futexWait(words, FUTEX, 2, -1);
    }
    log.add(number);
    host.advance(1000);
    log.add(number);
    if (Atomics.exchange(words, FUTEX, 0) === 2) host.futexWake(words, FUTEX, 1);
  };
}

export const parts: Readonly<Record<string, Part>> = {
  tens: adder(10),
  twenties: adder(20),
  lock1: inLock(1),
  lock2: inLock(2),

  /** Reads bytes of a pipe that blocks, until its end. */
  reader: (host, { log, fds }) => {
    const buf = host.alloc(8);
    while (host.read(fds[0]!, buf, 0, 1) > 0) log.add(buf.u8[0]!);
    log.add(99);
  },
  writer: (host, { fds }) => {
    const buf = host.alloc(8);
    buf.u8[0] = 5;
    host.poll(buf, 0, 2e6);
    host.write(fds[1]!, buf, 0, 1);
  },
  poller: (host, { log, fds }) => {
    for (const number of pollOne(host, fds[0]!, -1)) log.add(number);
  },
  /** Two waits on one descriptor at a time: each byte ends one read. */
  taker: (host, { log, fds }) => log.add(host.read(fds[0]!, host.alloc(8), 0, 1)),

  /** Sleeps 3 ms, and says how many us passed. */
  sleeper: (host, { log }) => {
    const startNs = host.clockNs(CLOCK_MONOTONIC);
    host.poll(host.alloc(8), 0, 3e6);
    log.add(Math.floor((host.clockNs(CLOCK_MONOTONIC) - startNs) / 1000));
  },
  /** Is busy for 5 ms. */
  busy: (host, { log }) => {
    const startNs = host.nowNs;
    host.advance(5e6);
    log.add(host.nowNs - startNs);
  },
  /** Looks at the clock until main sets the flag. */
  clockWatcher: (host, { log, words }) => {
    while (Atomics.load(words, FLAG) === 0) host.clockNs(CLOCK_MONOTONIC);
    log.add(1);
  },
  flagger: (host, { words }) => {
    host.getpid();
    Atomics.store(words, FLAG, 1);
  },
  yielder: (host, { log, words }) => {
    const startNs = host.nowNs;
    let yields = 0;
    while (Atomics.load(words, FLAG) === 0) {
      host.schedYield();
      yields++;
    }
    log.add(yields);
    log.add(host.nowNs - startNs);
  },

  /** Sleeps on the futex, through an object of its own for the memory. */
  futexWaiter: (host, { log, words }) => {
    const again = structuredClone(words);
    log.add(host.futexWait(again, FUTEX, 0, -1));
  },
  futexWaker: (host, { words }) => {
    host.poll(host.alloc(8), 0, 1e6);
    Atomics.store(words, FUTEX, 1);
    host.futexWake(words, FUTEX, 1);
  },
  /** Wakes main, which then ends, and has a little to do after that. */
  late: (host, { log, words }) => {
    host.getpid();
    Atomics.store(words, FUTEX, 1);
    host.futexWake(words, FUTEX, 1);
    log.add(1);
    host.getpid();
    log.add(2);
  },
  /** Waits for what never comes. */
  foreverFutex: (host, { words }) => void host.futexWait(words, FUTEX, 0, -1),
  foreverRead: (host, { fds }) => void host.read(fds[0]!, host.alloc(8), 0, 1),

  ids: (host, { log }) => {
    log.add(host.getpid());
    log.add(host.gettid());
    log.add(host.tgkill(host.getpid(), host.gettid(), 0));
  },
  /** Polls for signals of the signalfd, sent to this thread alone. */
  signalled: (host, { log, fds, words }) => {
    Atomics.store(words, FLAG, host.gettid());
    for (const number of pollOne(host, fds[0]!, 1e6)) log.add(number);
    for (const signo of host.pendingSignals()) log.add(signo);
    log.add(host.read(fds[0]!, host.alloc(128), 0, 128));
  },
  /** Is interrupted in a poll. */
  interrupted: (host, { log, words }) => {
    Atomics.store(words, FLAG, host.gettid());
    log.add(host.poll(host.alloc(8), 0, 5e6));
  },
  raiser: (host, { log }) => {
    const token = host.blockSignals([SIGUSR1]);
    log.add(host.raise(SIGUSR1));
    for (const signo of host.pendingSignals()) log.add(signo);
    const fd = host.signalfd(-1, [SIGUSR1], O_CLOEXEC | O_NONBLOCK);
    log.add(host.read(fd, host.alloc(128), 0, 128));
    if (typeof token !== 'number') log.add(host.restoreSignalMask(token));
    host.close(fd);
  },
  childWaiter: (host, { log }) => {
    const out = newWaitResult();
    log.add(host.waitid(P_ALL, 0, WEXITED, out));
    log.add(out.status);
  },
  spawner: (host, { log }) => {
    host.spawn(host.program({ afterNs: 1e6, then: { exit: 7 } }));
    log.add(host.children().length);
  },

  /** A lens of faults, and one of limits, around a thread's host. */
  lenses: (host, { log, fds }) => {
    const world = {
      nowNs: () => host.nowNs,
      nextLookNs: (endNs: number) => endNs,
      isDeadlock: () => false,
    };
    const capped = new CappedHost(host, world, () => {});
    capped.limit = { endNs: host.nowNs + 2e6, isIdle: () => false };
    const faults = new FaultHost(capped);
    faults.add([{ call: 'read', error: 5, after: 0, times: 1 }]);
    faults.active = true;
    log.add(faults.read(fds[0]!, faults.alloc(8), 0, 1));
    const startNs = host.nowNs;
    log.add(faults.poll(faults.alloc(8), 0, -1));
    log.add(Math.floor((host.nowNs - startNs) / 1e6));
  },
  /** Throws what the kernel throws in it. */
  fatal: (host, { log }) => {
    try {
      host.raise(SIGUSR1);
    } catch (error) {
      log.add((error as { signo: number }).signo);
    }
    try {
      host.spawn(null as never);
    } catch (error) {
      log.add((error as Error).message.includes('the request is null') ? 1 : 0);
    }
    try {
      host.advance(-1);
    } catch (error) {
      log.add(error instanceof RangeError ? 1 : 0);
    }
  },
  /** Makes calls for ever. */
  endless: (host) => {
    for (;;) host.getpid();
  },
  still: (host, { log }) => {
    const ns = host.nowNs;
    host.still(() => {
      for (let i = 0; i < 100; i++) {
        host.getpid();
        host.clockNs(CLOCK_MONOTONIC);
        log.add(1);
      }
    });
    log.add(host.nowNs - ns);
  },

  /** The contract of all hosts. */
  contract: (host) => {
    const fds = Array.from({ length: 64 }, (_, fd) => fd);
    const subject = {
      host,
      program: host.program.bind(host),
      file: '/tmp/file',
      removeFile: () => host.unlink('/tmp/file'),
      openFds: () => fds.filter((fd) => host.fcntl(fd, F_GETFD, 0) >= 0),
    };
    parentPort!.postMessage({ said: cases.map((one) => runCase(subject, one)) });
  },
};
