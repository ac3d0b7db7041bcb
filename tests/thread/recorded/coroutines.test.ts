/** Recorded cases of coroutines across threads that no scenario file can say. Each test names its case. */

import { describe, expect, it } from 'vitest';
import { Coroutines } from '../../../src/coroutine/coroutines.ts';
import { SharedCoMutex } from '../../../src/thread/co/shared-co-mutex.ts';
import { SharedCoQueue } from '../../../src/thread/co/shared-co-queue.ts';
import { SharedCoroutines } from '../../../src/thread/co/shared-coroutines.ts';
import { QemuMutex } from '../../../src/thread/qemu-mutex.ts';
import { hosts } from '../../support/rig.ts';
import { staged } from './stage.ts';

describe.each(hosts)('on the host %s', (_, make) => {
  it('all that wait go on at home, in order (coqueue_restart_all_across_threads)', () =>
    staged(make, (stage) => {
      const { loop, machine, say } = stage;
      const { thread } = machine;
      const co = new SharedCoroutines(thread, new Coroutines(loop.context));
      const mutex = new SharedCoMutex(co);
      const queue = new SharedCoQueue(co);
      const data = { mutex: mutex.share(), queue: queue.share() };
      const io1 = stage.io('io1', 'queue', data);
      const io2 = stage.io('io2', 'queue', data);
      const a = co.coroutines!.create(function* () {
        yield* mutex.lock();
        say('a waits');
        yield* queue.wait(mutex);
        say(`a goes on ctx=${thread.currentContext === loop.context ? 'main' : 'another'}`);
        mutex.unlock();
      });
      co.coroutines!.enter(a);
      io1.context.scheduleOneshot('b');
      stage.until(2);
      io1.context.scheduleOneshot('c');
      stage.until(3);
      io2.context.scheduleOneshot('d');
      while (!a.ended) loop.context.poll(true);
      stage.until(8);
      expect(stage.log.slice(0, 5)).toEqual([
        'main: a waits',
        'io1: b waits',
        'io1: c waits',
        'io2: d restarts all',
        'io2: d unlocks',
      ]);
      // Main and io1 race for the mutex.
      const rest = stage.log.slice(5);
      expect(rest.filter((line) => line.startsWith('io1'))).toEqual([
        'io1: b goes on ctx=io1',
        'io1: c goes on ctx=io1',
      ]);
      expect(rest).toContain('main: a goes on ctx=main');
    })());

  it('the first is entered from outside of coroutines (coqueue_with_thread_mutex)', () =>
    staged(make, (stage) => {
      const { host, loop, machine } = stage;
      const co = new SharedCoroutines(machine.thread, new Coroutines(loop.context));
      const mutex = new QemuMutex(host);
      const queue = new SharedCoQueue(co);
      const data = { mutex: mutex.share(), queue: queue.share() };
      const io1 = stage.io('io1', 'queueUnderMutex', data);
      io1.context.scheduleOneshot('wait');
      const main: string[] = [];
      stage.until(1);
      mutex.lock();
      main.push(`entered=${queue.enterNext(mutex) ? 1 : 0}`, 'unlocks');
      mutex.unlock();
      stage.until(2);
      mutex.lock();
      main.push(`entered=${queue.enterNext(mutex) ? 1 : 0}`);
      mutex.unlock();
      expect(main).toEqual(['entered=1', 'unlocks', 'entered=0']);
      expect(stage.log).toEqual(['io1: waits', 'io1: goes on ctx=io1']);
    })());

  it('a bottom half that yields aborts (co_yield_to_no_one_abort)', () =>
    staged(make, (stage) => {
      const io1 = stage.io('io1', 'yields');
      stage.until(1);
      expect(() => io1.stop()).toThrow('Co-routine is yielding to no one');
      expect(stage.log).toEqual(['io1: yields']);
    })());
});
