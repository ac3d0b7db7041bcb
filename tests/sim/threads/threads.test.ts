/** Several threads on the simulated kernel: who goes on, what blocks whom, and what is repeated. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  CLOCK_MONOTONIC,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  SIGUSR1,
} from '../../../src/host/constants.ts';
import { EAGAIN, EINTR, EIO, ESRCH, ETIMEDOUT } from '../../../src/host/errno.ts';
import { type HostBuffer, newSigAction, type SigAction } from '../../../src/host/host.ts';
import { SimDeadlockError } from '../../../src/host/sim/clock.ts';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { Crew } from './crew.ts';
import { FLAG, FUTEX, newShared, type Shared } from './shared.ts';

const MS = 1e6;
let crew: Crew;
const hosts: SimHost[] = [];

beforeAll(async () => {
  crew = await new Crew().load();
});

afterEach(() => {
  for (const host of hosts.splice(0)) host.dispose();
});

afterAll(async () => {
  await crew.dispose();
  expect(crew.errors).toEqual([]);
});

interface Run {
  readonly host: SimHost;
  readonly data: Shared;
  readonly buf: HostBuffer;
  /** Main sleeps for that time. */
  sleep(ms: number): void;
}

/** A kernel with threads that run these parts, or are about to. */
function run(parts: readonly string[], seed = 1, fds: (host: SimHost) => number[] = () => []): Run {
  const host = new SimHost({ seed });
  hosts.push(host);
  crew.reset();
  const data = newShared(fds(host));
  for (const part of parts) crew.start(host, part, data);
  const buf = host.alloc(256);
  return { host, data, buf, sleep: (ms) => void host.poll(buf, 0, ms * MS) };
}

function pipe(flags: number): (host: SimHost) => number[] {
  return (host) => {
    const fds: number[] = [];
    host.pipe2(fds, flags | O_CLOEXEC);
    return fds;
  };
}

function handle(host: SimHost, flags = 0): void {
  const act: SigAction = { ...newSigAction(), handler: host.handlerAddress, flags };
  host.sigaction(SIGUSR1, act, null);
}

/** One run of three threads that log what they do. */
function race(seed: number): string {
  const { host, data, sleep } = run(['tens', 'twenties'], seed);
  host.schedYield();
  for (let i = 0; i < 3; i++) {
    data.log.add(i);
    host.getpid();
  }
  sleep(1);
  const text = `${data.log.entries.join(' ')} at ${host.nowNs}`;
  host.dispose();
  return text;
}

describe('the seed decides who goes on', () => {
  it('a seed gives the same run each time, to the nanosecond', () => {
    for (let seed = 1; seed <= 20; seed++) expect(race(seed)).toBe(race(seed));
  });

  it('seeds find orders with a change at each step, and with none', () => {
    const orders = Array.from({ length: 200 }, (_, seed) => race(seed).split(' at ')[0]!);
    const changes = orders.map((order) => {
      const owners = order.split(' ').map((entry) => Math.floor(Number(entry) / 10));
      return owners.filter((owner, i) => i > 0 && owner !== owners[i - 1]).length;
    });
    expect(Math.min(...changes)).toBe(2);
    expect(Math.max(...changes)).toBeGreaterThanOrEqual(6);
    expect(orders).toContain('10 11 12 20 21 22 0 1 2');
    expect(orders).toContain('20 21 22 10 11 12 0 1 2');
  });

  it('every order of two locks is found, and never one within the other', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const { data, sleep } = run(['lock1', 'lock2'], seed);
      sleep(1);
      seen.add(data.log.entries.join(''));
    }
    expect([...seen].sort()).toEqual(['1122', '2211']);
  });

  it('a thread that only looks at the clock lets the others run', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { host, data, sleep } = run(['clockWatcher', 'flagger'], seed);
      host.schedYield();
      sleep(1);
      expect(data.log.entries).toEqual([1]);
    }
    const { host, data } = run(['flagger']);
    host.schedYield();
    while (Atomics.load(data.words, FLAG) === 0) host.clockNs(CLOCK_MONOTONIC);
  });

  it('a new thread cannot run before its maker sleeps or yields', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { host, data } = run(['tens'], seed);
      for (let i = 0; i < 50; i++) host.getppid();
      expect(data.log.entries).toEqual([]);
    }
  });

  it('nobody runs while main stands still, or the thread does', () => {
    const { host, data, sleep } = run(['tens']);
    host.schedYield();
    const before = data.log.entries.length;
    host.still(() => {
      for (let i = 0; i < 100; i++) host.getppid();
    });
    expect(data.log.entries.length).toBe(before);
    sleep(1);
    for (let seed = 0; seed < 10; seed++) {
      const still = run(['still', 'tens'], seed);
      still.sleep(1);
      const entries = still.data.log.entries;
      const first = entries.indexOf(1);
      expect(entries.slice(first, first + 101)).toEqual([...Array(100).fill(1), 0]);
    }
  });
});

describe('a call blocks its own thread only', () => {
  it('a read of a pipe that main writes to', () => {
    const { host, data, buf, sleep } = run(['reader'], 1, pipe(0));
    host.schedYield();
    buf.u8.set([7, 8]);
    expect(host.write(data.fds[1]!, buf, 0, 2)).toBe(2);
    host.close(data.fds[1]!);
    sleep(1);
    expect(data.log.entries).toEqual([7, 8, 99]);
  });

  it('a read and a poll of main, which a thread ends', () => {
    const { host, data, buf } = run(['writer'], 1, pipe(0));
    buf.i32.set([data.fds[0]!, POLLIN]);
    expect(host.poll(buf, 1, -1)).toBe(1);
    expect(host.read(data.fds[0]!, buf, 0, 8)).toBe(1);
    expect(buf.u8[0]).toBe(5);
  });

  it('a byte ends one of two reads', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      const { host, data, buf, sleep } = run(['taker', 'taker'], seed, pipe(0));
      sleep(1);
      host.write(data.fds[1]!, buf, 0, 1);
      sleep(1);
      seen.add(data.log.entries.length);
      host.write(data.fds[1]!, buf, 0, 1);
      sleep(1);
      expect(data.log.entries).toEqual([1, 1]);
    }
    expect([...seen]).toEqual([1]);
  });

  it('sleeps end in the order of their times, whatever the seed', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { data, sleep } = run(['sleeper', 'sleeper'], seed);
      sleep(2);
      expect(data.log.entries).toEqual([]);
      sleep(2);
      expect(data.log.entries).toEqual([3000, 3000]);
    }
  });

  it('threads are busy at the same time', () => {
    const { host, data } = run(['busy', 'busy']);
    const startNs = host.nowNs;
    host.advance(4 * MS);
    expect([host.nowNs - startNs, data.log.entries]).toEqual([4 * MS, []]);
    host.advance(2 * MS);
    expect(host.nowNs - startNs).toBe(6 * MS);
    expect(data.log.entries).toEqual([5 * MS, 5 * MS]);
  });

  it('a thread that yields while nobody else can run lets time pass', () => {
    const { data, sleep } = run(['yielder']);
    sleep(2);
    Atomics.store(data.words, FLAG, 1);
    sleep(1);
    const [yields, ns] = data.log.entries;
    expect(ns).toBeGreaterThan(1.9 * MS);
    expect(yields).toBeLessThan(3000);
  });

  it('events of the timeline happen while a thread runs, and their errors come out in main', () => {
    const { host, sleep } = run(['busy']);
    host.at(host.nowNs + MS, () => {
      throw new Error('of the timeline');
    });
    expect(() => sleep(9)).toThrow('of the timeline');
    sleep(9);
    // This one comes due in a call of the thread.
    const { host: other, data, sleep: sleepOn } = run(['tens']);
    other.at(other.nowNs + 3, () => {
      throw new Error('in its call');
    });
    expect(() => sleepOn(1)).toThrow('in its call');
    sleepOn(1);
    expect(data.log.entries).toEqual([10, 11, 12]);
  });
});

describe('futex_wait and futex_wake', () => {
  it('a thread sleeps until main wakes its word, under whichever object of the memory', () => {
    const { host, data, sleep } = run(['futexWaiter']);
    sleep(1);
    expect(data.log.entries).toEqual([]);
    expect(host.futexWake(data.words, FUTEX + 1, 9)).toBe(0);
    expect(host.futexWake(data.words, FUTEX, 9)).toBe(1);
    sleep(1);
    expect(data.log.entries).toEqual([0]);
    expect(host.futexWake(data.words, FUTEX, 9)).toBe(0);
  });

  it('count says how many wake, and other memory wakes nobody', () => {
    const { host, data, sleep } = run(['futexWaiter', 'futexWaiter', 'futexWaiter']);
    sleep(1);
    expect(host.futexWake(newShared().words, FUTEX, 9)).toBe(0);
    expect(host.futexWake(data.words, FUTEX, 2)).toBe(2);
    sleep(1);
    expect(data.log.entries).toEqual([0, 0]);
    expect(host.futexWake(data.words, FUTEX, 2)).toBe(1);
    sleep(1);
    expect(data.log.entries).toEqual([0, 0, 0]);
  });

  it('main sleeps until a thread wakes it, or its time is over', () => {
    const { host, data } = run(['futexWaker']);
    expect(host.futexWait(data.words, FUTEX, 0, MS / 2)).toBe(-ETIMEDOUT);
    expect(host.futexWait(data.words, FUTEX, 0, -1)).toBe(0);
    expect(host.futexWait(data.words, FUTEX, 0, -1)).toBe(-EAGAIN);
  });
});

describe('a deadlock', () => {
  it('is told in main, with the call of each thread', () => {
    const { host, buf, data } = run(['foreverFutex', 'foreverRead'], 1, pipe(0));
    buf.i32.set([data.fds[0]!, POLLIN]);
    let error: unknown;
    try {
      host.poll(buf, 1, -1);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SimDeadlockError);
    const { message, waits } = error as SimDeadlockError;
    expect(waits).toEqual([
      { thread: 'main', call: 'poll of fds 3' },
      { thread: 'foreverFutex', call: 'futex_wait of word 1 of 16' },
      { thread: 'foreverRead', call: 'read of fd 3' },
    ]);
    expect(message).toContain('main in poll of fds 3, foreverFutex in futex_wait of word 1 of 16');
    // The threads are still there.
    host.write(data.fds[1]!, buf, 0, 1);
    expect(host.futexWake(data.words, FUTEX, 1)).toBe(1);
  });

  it('is told in a futex_wait of main too', () => {
    const { host, data } = run(['foreverFutex']);
    expect(() => host.futexWait(data.words, FUTEX, 0, -1)).toThrow(
      'all threads wait for ever, main in futex_wait',
    );
  });

  it('leaves the processor to main: its next calls are its own', () => {
    const { host, buf, data, sleep } = run(['foreverFutex']);
    // Nobody but main can run when it falls asleep.
    sleep(1);
    expect(() => host.futexWait(data.words, FUTEX, 0, -1)).toThrow(SimDeadlockError);
    expect(host.gettid()).toBe(host.getpid());
    expect(host.poll(buf, 0, MS)).toBe(0);
    expect(host.futexWake(data.words, FUTEX, 2)).toBe(1);
  });
});

describe('signals', () => {
  it('tgkill sends one to a thread: only there it is pending, and readable', () => {
    const signalfd = (host: SimHost): number[] => {
      host.blockSignals([SIGUSR1]);
      return [host.signalfd(-1, [SIGUSR1], O_CLOEXEC | O_NONBLOCK)];
    };
    const { host, data, buf, sleep } = run(['signalled'], 3, signalfd);
    sleep(0.5);
    const tid = Atomics.load(data.words, FLAG);
    expect(host.tgkill(host.getpid(), tid, SIGUSR1)).toBe(0);
    buf.i32.set([data.fds[0]!, POLLIN]);
    expect([host.poll(buf, 1, 0), host.pendingSignals()]).toEqual([0, []]);
    expect(host.read(data.fds[0]!, buf, 0, 128)).toBe(-EAGAIN);
    sleep(2);
    expect(data.log.entries).toEqual([1, POLLIN, SIGUSR1, 128]);
    expect(host.tgkill(host.getpid(), tid, SIGUSR1)).toBe(-ESRCH);
  });

  it('one sent to a thread interrupts that one, one sent to the process interrupts main', () => {
    const { host, data, buf, sleep } = run(['interrupted']);
    handle(host);
    sleep(1);
    host.at(host.nowNs + MS, () => host.tgkill(1000, Atomics.load(data.words, FLAG), SIGUSR1));
    expect(host.poll(buf, 0, 2 * MS)).toBe(0);
    expect(data.log.entries).toEqual([-EINTR]);

    const other = run(['interrupted']);
    handle(other.host);
    other.host.at(other.host.nowNs + MS, () => other.host.kill(1000, SIGUSR1));
    expect(other.host.poll(buf, 0, 2 * MS)).toBe(-EINTR);
    other.sleep(9);
    expect(other.data.log.entries).toEqual([0]);
  });

  it('a thread blocks, raises and reads one of its own', () => {
    const { host, data, sleep } = run(['raiser']);
    sleep(1);
    expect(data.log.entries).toEqual([0, SIGUSR1, 128, 0]);
    expect(host.blockedSignals()).toEqual([]);
  });

  it('errors that the kernel throws come out in the thread whose call it was', () => {
    const { data, sleep } = run(['fatal']);
    sleep(1);
    expect(data.log.entries).toEqual([SIGUSR1, 1, 1]);
  });
});

describe('a process has threads', () => {
  it('with one pid, and an id for each', () => {
    const { host, data, sleep } = run(['ids', 'ids']);
    sleep(1);
    const tids = [data.log.entries, data.log.entries].length;
    expect(tids).toBe(2);
    expect(data.log.entries.filter((entry) => entry === host.getpid())).toHaveLength(2);
    expect(data.log.entries).toEqual(expect.arrayContaining([1001, 1002]));
    expect(data.log.entries).not.toContain(-ESRCH);
    expect(host.gettid()).toBe(host.getpid());
  });

  it('and children that any of them may start and wait for', () => {
    const { data, sleep } = run(['spawner']);
    sleep(0.5);
    expect(data.log.entries).toEqual([1]);
    const { host, data: other, sleep: sleepOn } = run(['childWaiter']);
    host.spawn(host.program({ afterNs: MS, then: { exit: 7 } }));
    sleepOn(2);
    expect(other.log.entries).toEqual([0, 7]);
  });
});

describe('lenses around the host of a thread', () => {
  it('fail and end its calls as they do in main', () => {
    const { data, sleep } = run(['lenses'], 1, pipe(O_NONBLOCK));
    sleep(9);
    expect(data.log.entries).toEqual([-EIO, 0, 2]);
  });
});

describe('the end', () => {
  it('of main lets a thread finish that is about to end', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { host, data } = run(['late'], seed);
      expect(host.futexWait(data.words, FUTEX, 0, -1)).toBe(0);
      host.dispose();
      expect(data.log.entries).toEqual([1, 2]);
    }
  });

  it('of the kernel ends the threads wherever they are, and their Workers run others', () => {
    for (let i = 0; i < 3; i++) {
      const { host, sleep } = run(['endless', 'foreverFutex']);
      host.schedYield();
      host.advance(100);
      host.dispose();
      expect(() => sleep(1)).not.toThrow();
    }
    const { data, sleep } = run(['tens']);
    sleep(1);
    expect(data.log.entries).toEqual([10, 11, 12]);
  });
});
