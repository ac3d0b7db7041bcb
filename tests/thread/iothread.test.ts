import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { IOThread, type IOThreadOptions } from '../../src/thread/iothread.ts';
import { queryIOThreads } from '../../src/thread/iothread-info.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { type Ended, runAlone } from '../host/own-process.ts';
import { expectNoLeaks, type Held, held } from '../support/leaks.ts';

const program = join(import.meta.dirname, 'iothread-child.ts');

function moduleOf(name: string): string {
  return join(import.meta.dirname, 'modules', `${name}.mjs`);
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve = (_value: T): void => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function tasks(): string[] {
  return readdirSync('/proc/self/task');
}

describe('an IOThread', () => {
  let host: LinuxHost;
  let machine: MachineState;
  let before: Held;
  let threads: string[];
  const words = new Int32Array(new SharedArrayBuffer(8));

  // The first Worker of a process starts threads of Node's that stay.
  beforeAll(() => {
    const first = new LinuxHost();
    const its = new MachineState({ host: first });
    new IOThread({ machine: its, name: 'first' }).dispose();
    its.dispose();
    first.dispose();
  });

  beforeEach(() => {
    host = new LinuxHost();
    machine = new MachineState({ host });
    before = held(host);
    threads = tasks();
    words.fill(0);
  });

  afterEach(() => {
    expect(tasks()).toEqual(threads);
    expectNoLeaks(host, before);
    machine.dispose();
    host.dispose();
  });

  function made(options: Partial<IOThreadOptions> = {}): IOThread {
    return new IOThread({ machine, name: 'io0', ...options });
  }

  const thrown = expect.objectContaining({ name: 'RangeError', message: 'out of a bottom half' });

  /** Until the bottom half of `said` runs. */
  function untilBh(): void {
    host.futexWait(words, 1, 0, -1);
  }

  it('runs its module and its loop in a thread of its own', () => {
    const io = made({ module: moduleOf('said'), data: { words } });
    expect(io.running).toBe(true);
    expect(tasks()).toContain(String(io.threadId));
    untilBh();
    expect([...words]).toEqual([io.threadId, io.threadId]);
    io.stop();
    expect(io.running).toBe(false);
    expect(tasks()).not.toContain(String(io.threadId));
    io.dispose();
  });

  it('may have no module, and be stopped more than once', () => {
    const io = made();
    io.stop();
    io.stop();
    io.dispose();
    io.dispose();
  });

  it('takes a URL of its module', () => {
    const io = made({ module: pathToFileURL(moduleOf('said')), data: { words } });
    untilBh();
    io.dispose();
    expect(words[0]).toBeGreaterThan(0);
  });

  it('has the properties of QEMU, with its defaults', () => {
    const io = made({ pollMaxNs: 5_000 });
    expect(io.params).toEqual({
      pollMaxNs: 5_000,
      pollGrow: 0,
      pollShrink: 0,
      aioMaxBatch: 0,
      threadPoolMin: 0,
      threadPoolMax: 64,
    });
    io.dispose();
  });

  const range = 'value must be in range [0, 9223372036854775807]';

  it('gives properties that are set while it runs to its context', () => {
    const told = new Float64Array(new SharedArrayBuffer(40));
    const io = made({ module: moduleOf('params'), data: { words, told }, aioMaxBatch: 3 });
    untilBh();
    expect([...told]).toEqual([32_768, 0, 0, 3, 0]);
    words[1] = 0;
    io.setParams({ pollMaxNs: 5_000, pollGrow: 3, pollShrink: 4, aioMaxBatch: 16 });
    io.context.notify();
    untilBh();
    expect([...told]).toEqual([5_000, 3, 4, 16, 0]);
    expect(io.params).toMatchObject({ pollMaxNs: 5_000, pollGrow: 3, aioMaxBatch: 16 });
    io.dispose();
  });

  it('takes the parameters of polling as a context does', () => {
    const io = made();
    io.setPollParams(7_000, 2, 5);
    expect(io.params).toMatchObject({ pollMaxNs: 7_000, pollGrow: 2, pollShrink: 5 });
    expect(() => io.setPollParams(-1, 0, 0)).toThrow(`poll-max-ns ${range}`);
    io.dispose();
  });

  it('refuses properties that are out of range, but keeps a minimum above the maximum', () => {
    const io = made();
    const wrong = 'bad thread-pool-min/thread-pool-max values';
    expect(() => io.setParams({ pollMaxNs: -1 })).toThrow(`poll-max-ns ${range}`);
    expect(io.params.pollMaxNs).toBe(32_768);
    expect(() => io.setParams({ threadPoolMin: 65 })).toThrow(new RangeError(wrong));
    expect(io.params.threadPoolMin).toBe(65);
    expect(() => io.setParams({ threadPoolMax: 0 })).toThrow(new RangeError(wrong));
    io.dispose();
  });

  it('runs what is scheduled before it stops', () => {
    const io = made({ module: moduleOf('said'), data: { words } });
    io.stop();
    expect(words[1]).toBe(io.threadId);
    io.dispose();
  });

  it.each([
    ['pollMaxNs', -1, `poll-max-ns ${range}`],
    ['pollGrow', -1, `poll-grow ${range}`],
    ['pollShrink', 2 ** 63, `poll-shrink ${range}`],
    ['aioMaxBatch', -1, `aio-max-batch ${range}`],
    ['threadPoolMin', -1, `thread-pool-min ${range}`],
    ['threadPoolMax', Number.NaN, `thread-pool-max ${range}`],
    ['threadPoolMin', 65, 'bad thread-pool-min/thread-pool-max values'],
    ['threadPoolMax', 0, 'bad thread-pool-min/thread-pool-max values'],
    ['pollMaxNs', 1.5, 'poll-max-ns is 1.5: expected an integer'],
  ])('is not made with %s %s', (name, value, message) => {
    expect(() => made({ [name]: value })).toThrow(new RangeError(message));
  });

  it.each([
    [{ pollMaxNs: '5' as never }, "poll-max-ns is '5': expected an integer"],
    [{ name: 5 as never }, "IOThread: option 'name' is 5: expected a string"],
    [
      { module: 'said.mjs' },
      "IOThread: option 'module' is 'said.mjs': expected the URL or the absolute path of a file",
    ],
  ])('is not made with options of the wrong type: %o', (options, message) => {
    expect(() => made(options)).toThrow(new TypeError(message));
  });

  it('is in the list of its machine until it is disposed of, but not if it is internal', () => {
    const io = made({ pollMaxNs: 7, aioMaxBatch: 2 });
    const hidden = made({ name: 'hidden', internal: true });
    const { threadId } = io;
    const rest = { pollMaxNs: 7, pollGrow: 0, pollShrink: 0, aioMaxBatch: 2 };
    expect(queryIOThreads(machine)).toEqual([{ id: 'io0', threadId, ...rest }]);
    expect(() => made()).toThrow("attempt to add duplicate property 'io0'");
    io.dispose();
    hidden.dispose();
    expect(queryIOThreads(machine)).toEqual([]);
  });

  it('is not made if its module fails: the error comes out with its stack and the thread', () => {
    const failed = (module: string): Error & { thread?: string } => {
      try {
        made({ module });
      } catch (error) {
        return error as Error;
      }
      throw new Error('it was made');
    };
    const thrown = failed(moduleOf('throws'));
    expect(thrown).toBeInstanceOf(TypeError);
    expect(thrown.message).toBe('not begun');
    expect(thrown.stack).toMatch(/at main .*throws\.mjs[\s\S]*\n {4}in thread 'io0'$/);
    expect(thrown.thread).toBe('io0');
    expect(failed(moduleOf('missing')).message).toMatch(/^Cannot find module .*missing\.mjs/);
    expect(failed(moduleOf('no-default')).message).toMatch(
      /^IOThread: the default export of file:.*no-default\.mjs is undefined: expected a function$/,
    );
  });

  it('tells at its disposal, not when it is stopped, that a bottom half leaked', () => {
    const io = made({ module: moduleOf('leaks') });
    io.stop();
    expect(() => io.dispose()).toThrow(/^aio_ctx_finalize: BH 'again' leaked/);
    io.dispose();
  });

  it('gives the error that ends it to stop', () => {
    const io = made({ module: moduleOf('said'), data: { words, then: 'throw' } });
    untilBh();
    expect(() => io.stop()).toThrow(thrown);
    io.stop();
    io.dispose();
  });

  it('tells if process.exit ends it', () => {
    const io = made({ module: moduleOf('said'), data: { words, then: 'exit' } });
    untilBh();
    expect(() => io.stop()).toThrow(/^process\.exit\(3\) ended the thread$/);
    io.dispose();
  });

  it('gives the error that ends it to onError', async () => {
    const { promise, resolve } = withResolvers<Error>();
    const io = made({
      module: moduleOf('said'),
      data: { words, then: 'throw' },
      onError: resolve,
    });
    expect(await promise).toMatchObject(thrown);
    io.stop();
    io.dispose();
  });

  it('can be terminated', async () => {
    const io = made();
    await io.terminate();
    expect(io.running).toBe(false);
    io.dispose();
  });
});

describe('a process with an IOThread that sleeps', () => {
  const ended = (more: Partial<Ended>): Ended => ({
    status: 0,
    signal: null,
    stdout: 'io0 says hello\n',
    stderr: '',
    ...more,
  });

  it('ends by itself', async () => {
    expect(await runAlone(program, 'falls-off', moduleOf('said'))).toEqual(ended({}));
  });

  it('ends by process.exit', async () => {
    expect(await runAlone(program, 'exit', moduleOf('said'))).toEqual(ended({ status: 5 }));
  });

  it('ends by an uncaught error', async () => {
    const { status, stderr } = await runAlone(program, 'throw', moduleOf('said'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/Error: of main\n/);
  });

  it('ends by an uncaught error in the IOThread', async () => {
    const { status, stderr } = await runAlone(program, 'io-throw', moduleOf('said'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/RangeError: out of a bottom half\n[\s\S]*in thread 'io0'/);
  });

  it('gets an error in the IOThread out of its main loop, though that sleeps', async () => {
    const { status, stdout, stderr } = await runAlone(program, 'io-throw-loop', moduleOf('said'));
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^io0 says hello\nmain_loop_wait: RangeError: out of a bottom half\n[\s\S]*in thread 'io0'\ndone\n$/,
    );
    expect(status).toBe(0);
  });

  it('ends by SIGTERM', async () => {
    expect(await runAlone(program, 'sigterm', moduleOf('said'))).toEqual(
      ended({ status: null, signal: 'SIGTERM' }),
    );
  });
});
