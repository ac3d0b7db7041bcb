import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AioContext } from '../../src/aio/aio-context.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import { O_CREAT, O_RDWR } from '../../src/host/constants.ts';
import { check, ECANCELED } from '../../src/host/errno.ts';
import type { HostBuffer } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import type { PoolFunction, PoolWork } from '../../src/thread/pool-work.ts';
import { SpareWorkers } from '../../src/thread/spare-workers.ts';
import { ThreadPool } from '../../src/thread/thread-pool.ts';
import { expectNoLeaks, type Held, held } from '../support/leaks.ts';

const modules = join(import.meta.dirname, 'modules');
const functions = join(modules, 'pool.mjs');

// Words of `at`, as in pool.mjs.
const COUNT = 0;
const BEGUN = 1;
const GO = 2;
const NOW = 3;
const MOST = 4;
const FIRST = 8;

const spare = new SpareWorkers();
afterAll(() => spare.dispose());

describe.each([
  ['the real kernel', () => new LinuxHost()],
  ...[1, 2].map((seed) => [`seed ${seed}`, () => new SimHost({ seed })] as const),
] as const)('a thread pool on %s', (_, makeHost) => {
  let host: LinuxHost | SimHost;
  let machine: MachineState;
  let context: AioContext;
  let pool: ThreadPool;
  let at: HostBuffer;
  let before: Held;
  let threads: number;
  let log: (string | number)[];

  beforeEach(() => {
    host = makeHost();
    machine = new MachineState({ host, spare });
    new IOThread({ machine, name: 'first' }).dispose();
    before = held(host);
    threads = tasks();
    context = new AioContext({ host });
    log = [];
    make(1);
  });

  afterEach(() => {
    pool.dispose();
    expect(pool.workers).toBe(0);
    expect(tasks()).toBe(threads);
    context.close();
    machine.dispose();
    expectNoLeaks(host, before);
    host.dispose();
  });

  /** Threads of the process; on a simulated kernel those that the machine has started. */
  function tasks(): number {
    if (host.kind === 'sim') return machine.workers.running.length;
    return readdirSync('/proc/self/task').length;
  }

  function make(max: number): void {
    context.setThreadPoolParams(0, max);
    pool = new ThreadPool({ machine, context, data: { number: 7 } });
    at = pool.alloc(256);
  }

  function callee(name: string): PoolFunction {
    return pool.function(functions, name);
  }

  function call(name: string, ...args: (number | HostBuffer)[]): PoolWork {
    return { op: 'call', function: callee(name), args };
  }

  function submit(name: string, work: PoolWork): { cancel(): void } {
    return pool.submitAio(work, (ret) => log.push(`${name} ${ret}`));
  }

  /** Polls until there are this many lines in the log. */
  function poll(lines: number): void {
    while (log.length < lines) context.poll(true);
  }

  /** Blocks the only worker, until `go`. */
  function block(): void {
    submit('a', call('block', at));
    context.poll(false);
    host.futexWait(at.i32, BEGUN, 0, -1);
  }

  function go(): void {
    Atomics.store(at.i32, GO, 1);
    host.futexWake(at.i32, GO, 1);
  }

  /** Until `note` has been called this often. */
  function untilNoted(count: number): void {
    for (;;) {
      const now = Atomics.load(at.i32, COUNT);
      if (now >= count) return;
      host.futexWait(at.i32, COUNT, now, -1);
    }
  }

  it('gives its data to the functions', () => {
    submit('a', call('given'));
    poll(1);
    expect(log).toEqual(['a 7']);
  });

  it('calls a completion in its context with the result (pool_submit_aio)', () => {
    submit('a', { op: 'call', function: pool.function(functions) });
    log.push('submitted');
    poll(2);
    expect(log).toEqual(['submitted', 'a 42']);
  });

  it('runs functions in another thread', () => {
    submit('tid', call('thread'));
    poll(1);
    expect(log).not.toEqual([`tid ${host.gettid()}`]);
  });

  it('makes its first worker in the first poll (pool_first_worker_needs_a_poll)', () => {
    submit('a', call('note', at, 42));
    expect(tasks()).toBe(threads);
    expect(pool.workers).toBe(0);
    context.poll(false);
    expect(pool.workers).toBe(1);
    untilNoted(1);
    expect(log).toEqual([]);
    poll(1);
    expect(log).toEqual(['a 42']);
  });

  it('gives an idle worker work without a poll (pool_idle_worker_needs_no_poll)', () => {
    submit('a', call('note', at, 1));
    poll(1);
    submit('b', call('note', at, 2));
    untilNoted(2);
    expect(log).toEqual(['a 1']);
    poll(2);
    expect(log).toEqual(['a 1', 'b 2']);
  });

  it('runs requests in their order (pool_one_worker_runs_first_in_first_out)', () => {
    for (const n of [1, 2, 3]) submit('', call('note', at, n));
    poll(3);
    expect([...at.i32.slice(FIRST, FIRST + 3)]).toEqual([1, 2, 3]);
    expect(pool.workers).toBe(1);
  });

  it('calls completions the newest first (pool_completions_newest_first)', () => {
    submit('up', call('note', at, 0));
    poll(1);
    for (const n of [1, 2, 3]) submit('abc'[n - 1]!, call('note', at, n));
    // The worker begins this one when the others are done.
    submit('d', call('block', at));
    host.futexWait(at.i32, BEGUN, 0, -1);
    expect(context.poll(true)).toBe(true);
    expect(log).toEqual(['up 0', 'c 3', 'b 2', 'a 1']);
    go();
    poll(5);
  });

  it('takes out what is not begun, before the rest completes (pool_cancel_queued)', () => {
    block();
    const request = submit('b', call('note', at, 2));
    request.cancel();
    expect(log).toEqual([]);
    poll(1);
    go();
    poll(2);
    expect(log).toEqual([`b -${ECANCELED}`, 'a 1']);
    expect(at.i32[COUNT]).toBe(0);
    request.cancel();
  });

  it('cancels several, which complete the newest first (pool_cancel_all_queued)', () => {
    block();
    const requests = ['b', 'c', 'd'].map((name) => submit(name, call('note', at, 0)));
    for (const request of requests) request.cancel();
    poll(3);
    go();
    poll(4);
    expect(log).toEqual(['d -125', 'c -125', 'b -125', 'a 1']);
  });

  it('does not cancel what has begun', () => {
    const request = submit('a', call('block', at));
    context.poll(false);
    host.futexWait(at.i32, BEGUN, 0, -1);
    request.cancel();
    go();
    poll(1);
    expect(log).toEqual(['a 1']);
  });

  it('has no more workers than its maximum (pool_limits_workers)', () => {
    pool.dispose();
    make(2);
    for (let i = 0; i < 5; i++) submit('', call('overlap', at));
    poll(5);
    expect(pool.workers).toBe(2);
    expect(at.i32[MOST]).toBeLessThanOrEqual(2);
  });

  it('makes its minimum of workers by a poll (pool_min_makes_workers)', () => {
    context.setThreadPoolParams(3, 64);
    expect([pool.workers, tasks() - threads]).toEqual([0, 0]);
    context.poll(false);
    expect(pool.workers).toBe(3);
    context.setThreadPoolParams(0, 1);
    submit('a', call('note', at, 1));
    poll(1);
    while (pool.workers > 1) host.schedYield();
  });

  it('refuses limits with the text of QEMU', () => {
    const wrong = new RangeError('bad thread-pool-min/thread-pool-max values');
    expect(() => context.setThreadPoolParams(0, 0)).toThrow(wrong);
    expect(() => context.setThreadPoolParams(2, 1)).toThrow(wrong);
    expect(() => context.setThreadPoolParams(0, 2 ** 31)).toThrow(wrong);
    expect(() => new ThreadPool({ machine, context })).toThrow('has one already');
  });

  it('goes on with a coroutine that submits (pool_submit_co)', () => {
    const coroutines = new Coroutines(context);
    const co = coroutines.create(function* () {
      log.push('submits');
      log.push(
        yield* pool.submitCo(coroutines, { op: 'call', function: pool.function(functions) }),
      );
    });
    coroutines.enter(co);
    log.push('entered');
    poll(3);
    expect(log).toEqual(['submits', 'entered', 42]);
    coroutines.dispose();
  });

  it('goes on with a coroutine of an IOThread there (pool_submit_co_in_iothread)', () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const module = join(modules, 'pool-in-iothread.mjs');
    const io = new IOThread({ machine, name: 'io1', module, data: { words } });
    host.futexWait(words, 1, 0, -1);
    expect([...words]).toEqual([io.threadId, 42]);
    io.dispose();
  });

  it('aborts submitCo outside of a coroutine (pool_submit_co_outside_abort)', () => {
    const coroutines = new Coroutines(context);
    expect(() => pool.submitCo(coroutines, { op: 'sleep', ns: 0 }).next()).toThrow(
      "thread_pool_submit_co: Assertion `qemu_in_coroutine()' failed",
    );
    coroutines.dispose();
  });

  it('does work whose result nobody wants (pool_submit_without_completion)', () => {
    submit('up', call('note', at, 0));
    poll(1);
    pool.submit(call('note', at, 1));
    expect(() => pool.dispose()).toThrow('QLIST_EMPTY');
    while (!context.poll(true));
    expect(at.i32[COUNT]).toBe(2);
  });

  it('aborts if it is freed with a request (pool_freed_with_request_abort)', () => {
    block();
    expect(() => pool.dispose()).toThrow(
      "thread_pool_free: Assertion `QLIST_EMPTY(&pool->head)' failed",
    );
    go();
    poll(1);
  });

  it('has ended its workers when it is freed (pool_free_waits_for_workers)', () => {
    context.setThreadPoolParams(2, 4);
    submit('a', call('note', at, 1));
    poll(1);
    expect(tasks()).toBeGreaterThan(threads);
    pool.dispose();
    expect(tasks()).toBe(threads);
    expect(() => pool.submit({ op: 'sleep', ns: 0 })).toThrow('the pool is disposed of');
  });

  it('makes the calls of files', () => {
    const path = join(process.env.TMPDIR!, `pool-${process.pid}`);
    const fd = check(host.open(path, O_RDWR | O_CREAT, 0o600), 'open');
    at.u8.set([1, 2, 3, 4, 5]);
    const other = pool.alloc(2);
    const read = pool.alloc(3);
    submit('pwrite', { op: 'pwrite', fd, buffer: at, count: 5, offset: 1 });
    submit('fsync', { op: 'fsync', fd });
    submit('fdatasync', { op: 'fdatasync', fd });
    submit('preadv', { op: 'preadv', fd, buffers: [other, read], offset: 2 });
    submit('pread', { op: 'pread', fd, buffer: at, from: 10, count: 2, offset: 4 });
    submit('sleep', { op: 'sleep', ns: 1 });
    submit('closed', { op: 'pread', fd: 9999, buffer: at, offset: 0 });
    poll(7);
    expect(log.toSorted()).toEqual([
      'closed -9',
      'fdatasync 0',
      'fsync 0',
      'pread 2',
      'preadv 4',
      'pwrite 5',
      'sleep 0',
    ]);
    expect([...other.u8, ...read.u8.slice(0, 2), ...at.u8.slice(10, 12)]).toEqual([
      2, 3, 4, 5, 4, 5,
    ]);
    pool.free(other);
    expect(() => pool.submit({ op: 'pread', fd, buffer: other, offset: 0 })).toThrow(
      'ThreadPool: the buffer is an object: expected one of its alloc',
    );
    host.close(fd);
    if (host.kind === 'linux') rmSync(path);
  });

  it('reads into the given buffers alone, after a request with more arguments', () => {
    const one = pool.alloc(8);
    const path = join(process.env.TMPDIR!, `pool-${process.pid}-one`);
    const fd = check(host.open(path, O_RDWR | O_CREAT, 0o600), 'open');
    submit('pwrite', { op: 'pwrite', fd, buffer: at, count: 32, offset: 0 });
    poll(1);
    submit('call', call('given', 1, 2, 1, 2, 1, 2));
    poll(2);
    submit('preadv', { op: 'preadv', fd, buffers: [one], offset: 0 });
    poll(3);
    expect(log).toEqual(['pwrite 32', 'call 7', 'preadv 8']);
    host.close(fd);
    if (host.kind === 'linux') rmSync(path);
  });

  it('does requests one by one in one worker', () => {
    for (let i = 1; i <= 200; i++) {
      submit('', { op: 'sleep', ns: 0 });
      poll(i);
    }
    expect(pool.workers).toBe(1);
  });

  it('takes more requests than its queue has places, in their order', () => {
    block();
    const note = callee('note');
    const count = 700;
    for (let i = 0; i < count; i++) submit('', { op: 'call', function: note, args: [at, 0] });
    const cancelled = Array.from({ length: count }, () => submit('x', { op: 'sleep', ns: 0 }));
    for (const request of cancelled) request.cancel();
    at.i32[COUNT] = -count;
    go();
    poll(2 * count + 1);
    expect(log.filter((line) => line === `x -${ECANCELED}`)).toHaveLength(count);
    expect(log.filter((line) => line === ' 0')).toHaveLength(count);
  });

  it('lets the error of a function out of its context', () => {
    submit('a', call('fails'));
    expect(() => {
      for (;;) context.poll(true);
    }).toThrow('in a worker');
    poll(1);
    expect(log).toEqual([`a -${ECANCELED}`]);
    submit('b', call('note', at, 5));
    poll(2);
    expect(log[1]).toBe('b 5');
  });

  it.each([
    ['fails', 'in a worker'],
    ['exits', 'process.exit(7) ended the thread'],
  ])('has another worker do what was left to one that an error ended: %s', (name, message) => {
    const errors: string[] = [];
    for (const isIdle of [false, true]) {
      log.length = 0;
      if (isIdle) submit('idle', call('note', at, 0));
      if (isIdle) poll(1);
      submit('a', call(name));
      submit('b', call('note', at, 5));
      while (log.length < (isIdle ? 3 : 2) || errors.length < (isIdle ? 2 : 1)) {
        try {
          context.poll(true);
        } catch (error) {
          errors.push((error as Error).message);
        }
      }
      expect(log.slice(-2).sort()).toEqual([`a -${ECANCELED}`, 'b 5']);
    }
    expect(errors).toEqual([message, message]);
  });

  it('lets the error of each function out, also if a new worker comes before it', () => {
    const errors: unknown[] = [];
    for (let i = 1; i <= 3; i++) {
      submit('a', call('fails'));
      while (log.length < i) {
        try {
          context.poll(true);
        } catch (error) {
          errors.push(error);
        }
      }
    }
    // The end of the pool tells those that are left.
    try {
      pool.dispose();
    } catch (error) {
      errors.push(...(error instanceof AggregateError ? error.errors : [error]));
    }
    expect(errors.map((error) => (error as Error).message)).toEqual(Array(3).fill('in a worker'));
  });

  it('lets out the errors of two functions that throw at the same time', () => {
    context.setThreadPoolParams(0, 2);
    for (let i = 0; i < 2; i++) submit('a', call('failsToo', at));
    context.poll(false);
    while (Atomics.load(at.i32, NOW) < 2) host.futexWait(at.i32, NOW, 0, 1_000_000);
    go();
    // Both have ended before the loop looks; simulated threads end while it polls.
    while (host.kind === 'linux' && tasks() > threads) host.schedYield();
    const errors: unknown[] = [];
    while (errors.length < 2 || log.length < 2) {
      try {
        context.poll(true);
      } catch (error) {
        errors.push(error);
      }
    }
    expect(log).toEqual([`a -${ECANCELED}`, `a -${ECANCELED}`]);
  });
});
