/** AIO_WAIT_WHILE in one thread: main's own work, and who may wait for what. */

import { describe, expect, it } from 'vitest';
import { QemuAbort } from '../../src/aio/abort.ts';
import { AioContext } from '../../src/aio/aio-context.ts';
import { EDEADLK } from '../../src/host/errno.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IdleSource } from '../../src/mainloop/source.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { NUM_WAITERS } from '../../src/thread/machine-words.ts';
import { QemuThread } from '../../src/thread/qemu-thread.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';

const MS = 1e6;
const NOT_MAIN = "qemu_get_current_aio_context() == qemu_get_aio_context()' failed";

function make() {
  const host = new SimHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  const io1 = new AioContext({ host, name: 'io1' });
  const there = MachineState.from(machine.share(), host);
  const ioThread = new QemuThread({ machine: there, name: 'io1', context: io1 });
  const log: string[] = [];
  const startNs = host.nowNs;
  return {
    host,
    loop,
    machine,
    thread: machine.thread,
    wait: machine.thread.aioWait,
    io1,
    /** io1's context, as main sees it. */
    remote: RemoteContext.from(io1.share(), host),
    ioThread,
    log,
    at: (ms: number, act: () => void) => host.at(startNs + ms * MS, act),
    ms: () => Math.floor((host.nowNs - startNs) / MS),
  };
}

it('names a wrong argument', () => {
  const { wait, remote, thread } = make();
  const condition = new TypeError('AIO_WAIT_WHILE: the condition is 3: expected a function');
  expect(() => wait.waitWhileUnlocked(remote, 3 as never)).toThrow(condition);
  expect(() => thread.acquire(3 as never)).toThrow(
    new TypeError("a context's lock: the context is 3: expected an AioContext or a RemoteContext"),
  );
});

describe('AIO_WAIT_WHILE', () => {
  it('does not poll if the condition is false at once', () => {
    const { loop, machine, wait, remote, thread, log } = make();
    loop.newBottomHalf('b', () => log.push('b')).schedule();
    thread.acquire(remote);
    expect(wait.waitWhile(remote, () => false)).toBe(false);
    expect([log, machine.words[NUM_WAITERS]]).toEqual([[], 0]);
    expect(loop.context.poll(false)).toBe(true);
    expect(log).toEqual(['b']);
  });

  it('runs main’s own work meanwhile, but neither its iohandlers nor its sources', () => {
    const { loop, wait, ioThread, at, log, ms, host } = make();
    const fd = host.eventfd(1, 0);
    loop.mainLoopWait(true);
    loop.setFdHandler(fd, {
      ioRead: () => {
        log.push('iohandler');
        host.read(fd, host.alloc(8), 0, 8);
      },
    });
    loop.attachSource(new IdleSource(() => log.push('idle') < 0));
    loop.newBottomHalf('b', () => log.push('b')).schedule();
    loop.context.timers.newTimer(0, 't', () => log.push('timer')).modFromNowNs(2 * MS);
    let done = false;
    at(20, () => {
      done = true;
      ioThread.aioWait.kick();
    });
    expect(wait.waitWhile(null, () => !done)).toBe(true);
    expect([log, ms()]).toEqual([['b', 'timer'], 20]);
    loop.mainLoopWait(true);
    // A source of a lower priority has its turn when nothing else is ready.
    loop.mainLoopWait(true);
    expect(log.slice(2)).toEqual(['iohandler', 'idle']);
  });

  it('counts its waiters before it evaluates the condition, and also if that throws', () => {
    const { machine, wait } = make();
    const seen: number[] = [];
    wait.waitWhile(null, () => {
      seen.push(machine.words[NUM_WAITERS]!);
      return false;
    });
    expect(() => {
      wait.waitWhile(null, () => {
        throw new Error('no condition');
      });
    }).toThrow('no condition');
    expect([seen, machine.words[NUM_WAITERS]]).toEqual([[1], 0]);
  });

  it('polls the context of its own thread', () => {
    const { io1, ioThread, log } = make();
    let done = false;
    io1
      .newBottomHalf('done', () => {
        log.push('done');
        done = true;
      })
      .schedule();
    expect(ioThread.aioWait.waitWhile(io1, () => !done)).toBe(true);
    expect(log).toEqual(['done']);
  });

  it('aborts in another thread than main; main may do without the BQL', () => {
    const { machine, wait, thread, ioThread } = make();
    const oneshot = (): void => ioThread.aioWait.bhOneshot(machine.mainContext!, () => {});
    expect(oneshot).toThrow(`aio_wait_bh_oneshot: Assertion \`${NOT_MAIN}`);
    for (const context of [machine.main!, null]) {
      expect(() => ioThread.aioWait.waitWhile(context, () => true)).toThrow(NOT_MAIN);
    }
    thread.bql.unlock();
    let ran = 0;
    wait.bhOneshot(machine.mainContext!, () => ran++);
    expect(ran).toBe(1);
  });

  it('aborts if the context’s lock is not held; _UNLOCKED does not need it', () => {
    const { wait, remote, loop } = make();
    loop.notifyEvent();
    const abort = new QemuAbort('qemu: qemu_mutex_unlock_impl: Operation not permitted');
    expect(() => wait.waitWhile(remote, () => true)).toThrow(abort);
    let left = 1;
    expect(wait.waitWhileUnlocked(remote, () => left-- > 0)).toBe(true);
  });

  it('has the lock again if a callback throws meanwhile', () => {
    const { wait, remote, thread, loop } = make();
    thread.acquire(remote);
    loop
      .newBottomHalf('b', () => {
        throw new Error('callback');
      })
      .schedule();
    expect(() => wait.waitWhile(remote, () => true)).toThrow('callback');
    expect(thread.lockOf(remote).depth).toBe(1);
  });
});

describe('aio_wait_kick', () => {
  it('does nothing if nobody waits', () => {
    const { loop, wait, ioThread } = make();
    loop.context.poll(false);
    wait.kick();
    ioThread.aioWait.kick();
    expect(loop.context.poll(false)).toBe(false);
  });

  it('works from main’s own callbacks', () => {
    const { wait, loop } = make();
    let done = false;
    loop.context.timers
      .newTimer(0, 't', () => {
        done = true;
        wait.kick();
      })
      .modFromNowNs(MS);
    expect(wait.waitWhile(null, () => !done)).toBe(true);
  });
});

it('aio_wait_bh_oneshot of main’s own context runs main’s other bottom halves too', () => {
  const { loop, wait, log } = make();
  loop.newBottomHalf('b', () => log.push('b')).schedule();
  log.push('before');
  wait.bhOneshot(loop.context, () => log.push('cb'));
  log.push('after');
  expect(log).toEqual(['before', 'cb', 'b', 'after']);
});

describe('aio_wait_bh_oneshot of another thread’s context', () => {
  it('waits until the entry has run there, with its numbers', () => {
    const { wait, thread, ioThread, io1, remote, log, at } = make();
    ioThread.aioWait.newEntry('cb', (...numbers) => log.push(`cb ${numbers.join(' ')}`));
    at(2, () => {
      log.push('io1 polls');
      io1.poll(false);
    });
    thread.acquire(remote);
    wait.bhOneshot(remote, 'cb', 3, 4.5);
    log.push('after');
    expect(log).toEqual(['io1 polls', 'cb 3 4.5', 'after']);
    expect(thread.lockOf(remote).depth).toBe(1);
  });

  it('does not wait for ever if the entry throws', () => {
    const { wait, thread, ioThread, io1, remote, at } = make();
    ioThread.aioWait.newEntry('cb', () => {
      throw new Error('of the entry');
    });
    at(2, () => expect(() => io1.poll(false)).toThrow('of the entry'));
    thread.acquire(remote);
    const said = "aio_wait_bh_oneshot: entry 'cb' of context 'io1' has thrown";
    expect(() => wait.bhOneshot(remote, 'cb')).toThrow(new Error(said));
  });

  it('aborts without its lock, in another thread, and knows its entries', () => {
    const { wait, thread, ioThread, remote, machine } = make();
    ioThread.aioWait.newEntry('cb', () => {});
    expect(() => wait.bhOneshot(remote, 'cb')).toThrow('Operation not permitted');
    expect(() => ioThread.aioWait.bhOneshot(machine.main!, 'cb')).toThrow(NOT_MAIN);
    thread.acquire(remote);
    expect(() => wait.bhOneshot(remote, 'other')).toThrow("has no entry 'aio_wait_bh other'");
    expect(() => wait.newEntry('cb', () => {})).toThrow("thread 'main' runs no context of its own");
  });
});

describe('a context’s lock', () => {
  it('is recursive, and one thread’s at a time', () => {
    const { thread, ioThread, io1, remote, at, ms, host } = make();
    const [mine, its] = [thread.lockOf(remote), ioThread.lockOf(io1)];
    thread.acquire(remote);
    thread.acquire(remote);
    expect([mine.depth, its.depth]).toEqual([2, 0]);
    expect(() => ioThread.acquire(io1)).toThrow(expect.objectContaining({ errno: EDEADLK }));
    expect(() => ioThread.release(io1)).toThrow('Operation not permitted');
    thread.release(remote);
    at(5, () => thread.release(remote));
    ioThread.acquire(io1);
    expect([ms(), mine.depth, its.depth]).toEqual([5, 0, 1]);
    ioThread.release(io1);
    expect(() => ioThread.release(io1)).toThrow('Operation not permitted');
    expect(host.nowNs).toBeGreaterThan(0);
  });
});
