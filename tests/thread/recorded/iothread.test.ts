/** Recorded cases of IOThreads that no scenario file can say. Each test names its case. */

import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { Coroutines } from '../../../src/coroutine/coroutines.ts';
import { check } from '../../../src/host/errno.ts';
import type { CoroutineHandle } from '../../../src/thread/co/co-records.ts';
import { SharedCoroutines } from '../../../src/thread/co/shared-coroutines.ts';
import { IOThread } from '../../../src/thread/iothread.ts';
import { queryIOThreads } from '../../../src/thread/iothread-info.ts';
import { hosts } from '../../support/rig.ts';
import { staged } from './stage.ts';

const message = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

/** QEMU's names of the properties. */
const NAMES = {
  pollMaxNs: 'poll-max-ns',
  pollGrow: 'poll-grow',
  pollShrink: 'poll-shrink',
  aioMaxBatch: 'aio-max-batch',
  threadPoolMin: 'thread-pool-min',
  threadPoolMax: 'thread-pool-max',
} as const;

describe.each(hosts)('on the host %s', (_, make) => {
  it('parameters of a new IOThread (iothread_defaults)', () =>
    staged(make, ({ machine }) => {
      const io = new IOThread({ machine, name: 'io1' });
      const params = Object.entries(io.params).map(
        ([name, value]) => `${NAMES[name as keyof typeof NAMES]}=${value}`,
      );
      expect(params).toEqual([
        'poll-max-ns=32768',
        'poll-grow=0',
        'poll-shrink=0',
        'aio-max-batch=0',
        'thread-pool-min=0',
        'thread-pool-max=64',
      ]);
      io.dispose();
    })());

  it('values that are refused while it runs (iothread_parameter_errors)', () =>
    staged(make, (stage) => {
      const io = stage.io('io1', 'bh');
      for (const name of Object.keys(NAMES) as (keyof typeof NAMES)[]) {
        expect(message(() => io.setParams({ [name]: -1 }))).toBe(
          `${NAMES[name]} value must be in range [0, 9223372036854775807]`,
        );
      }
      const wrong = 'bad thread-pool-min/thread-pool-max values';
      expect(message(() => io.setParams({ threadPoolMin: 65 }))).toBe(wrong);
      expect(io.params.threadPoolMin).toBe(65);
      expect(message(() => io.setParams({ threadPoolMax: 0 }))).toBe(wrong);
    })());

  it('values that are refused at the start (iothread_bad_parameter_at_creation)', () =>
    staged(make, ({ machine }) => {
      const made = (): IOThread => new IOThread({ machine, name: 'io1', threadPoolMax: 0 });
      expect(message(made)).toBe('bad thread-pool-min/thread-pool-max values');
      expect(queryIOThreads(machine)).toEqual([]);
    })());

  it('set while it runs, they are the context’s (iothread_params_reach_context)', () =>
    staged(make, (stage) => {
      const io = stage.io('io1', 'tells', {}, { pollMaxNs: 32_768 });
      io.setParams({ pollMaxNs: 5000, pollGrow: 3, pollShrink: 4, aioMaxBatch: 16 });
      io.context.scheduleOneshot('tell');
      io.stop();
      expect(stage.log).toEqual(['io1: max=5000 grow=3 shrink=4 batch=16']);
    })());

  it('those of the user are listed (query_iothreads_lists_user_objects)', () =>
    staged(make, ({ machine }) => {
      const io = new IOThread({ machine, name: 'io1', pollMaxNs: 7 });
      const hidden = new IOThread({ machine, name: 'io2', internal: true });
      const rest = { pollMaxNs: 7, pollGrow: 0, pollShrink: 0, aioMaxBatch: 0 };
      expect(queryIOThreads(machine)).toEqual([{ id: 'io1', threadId: io.threadId, ...rest }]);
      io.dispose();
      hidden.dispose();
    })());

  it('work for a stopped one is never done, and a leak (iothread_stop_then_schedule)', () =>
    staged(make, (stage) => {
      const io = stage.io('io1', 'bh');
      io.stop();
      expect(io.context.scheduleOneshot('bh')).toBe(true);
      stage.say('scheduled');
      expect(message(() => io.dispose())).toMatch(/^aio_ctx_finalize: BH 'bh' leaked/);
      expect(stage.log).toEqual(['main: scheduled']);
      expect(io.context.scheduleOneshot('bh')).toBe(false);
      io.dispose();
    })());

  it('a coroutine for a stopped one aborts its end (context_with_scheduled_coroutine_abort)', () =>
    staged(make, (stage) => {
      const { loop, machine } = stage;
      const shared = new SharedCoroutines(machine.thread, new Coroutines(loop.context));
      const { port1, port2 } = new MessageChannel();
      const io = stage.io('io1', 'coroutine', { port: port2 }, { transfer: [port2] });
      const co = shared.from(receiveMessageOnPort(port1)!.message as CoroutineHandle);
      io.stop();
      co.schedule(io.context);
      stage.say('destroys');
      expect(message(() => io.dispose())).toBe(
        "aio_ctx_finalize: Assertion `QSLIST_EMPTY(&ctx->scheduled_coroutines)' failed.",
      );
      expect(stage.log).toEqual(['main: destroys']);
      port1.close();
    })());

  it('runs a main context, and its bottom halves too (iothread_with_gcontext)', () =>
    staged(make, (stage) => {
      const io = stage.io('io1', 'gcontext');
      io.context.scheduleOneshot('attach');
      stage.until(1);
      io.context.scheduleOneshot('b');
      stage.until(2);
      stage.say('settled');
      io.dispose();
      stage.say('gone');
      expect(stage.log).toEqual(['io1: idle ctx=io1', 'io1: b', 'main: settled', 'main: gone']);
    })());

  it('io_poll is called only with poll-max-ns (polling_needs_poll_max_ns)', () =>
    staged(make, (stage) => {
      const { host } = stage;
      const fd = check(host.eventfd(0, 0o2004000), 'eventfd');
      const words = new Int32Array(new SharedArrayBuffer(16));
      const one = host.alloc(8);
      one.i32[0] = 1;
      const io = stage.io('io1', 'polls', { fd, words });
      const put = (): void => {
        Atomics.store(words, 0, 1);
        host.write(fd, one, 0, 8);
      };
      put();
      stage.until(1);
      stage.say(`polled=${Atomics.load(words, 1) > 0 ? 1 : 0}`);
      // Two sleeps that were longer than it polled make it poll for 8 s.
      io.setParams({ pollMaxNs: 10_000_000_000, pollGrow: 2_000_000 });
      for (let told = 0; words[2]! < 1000; told++) {
        host.poll(one, 0, 1e6);
        io.context.scheduleOneshot('tell');
        while (Atomics.load(words, 3) === told) host.futexWait(words, 3, told, -1);
      }
      const before = Atomics.load(words, 1);
      while (Atomics.load(words, 1) < before + 3) host.schedYield();
      put();
      stage.until(3);
      stage.say(`polled=${Atomics.load(words, 1) > 0 ? 1 : 0}`);
      expect(stage.log).toEqual([
        'io1: read ctx=io1',
        'main: polled=0',
        'io1: ready',
        'main: polled=1',
      ]);
      io.dispose();
      host.close(fd);
    })());
});
