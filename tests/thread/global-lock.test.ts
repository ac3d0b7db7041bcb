/** The BQL as one thread sees it; "the other" is a second thread of the same words. */

import { describe, expect, it } from 'vitest';
import { QemuAbort } from '../../src/aio/abort.ts';
import { EDEADLK } from '../../src/host/errno.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { GlobalLock } from '../../src/thread/global-lock.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { BQL_STATE } from '../../src/thread/machine-words.ts';
import { QemuCond } from '../../src/thread/qemu-cond.ts';
import { QemuThread } from '../../src/thread/qemu-thread.ts';
import { EVENT_NAMES } from '../../src/trace/catalogue.ts';
import { formatEvent, Tracer } from '../../src/trace/tracer.ts';
import { attach } from '../support/sinks.ts';

const MS = 1e6;
const LOCKED_TWICE = new QemuAbort(
  'qemu_mutex_lock_iothread_impl: assertion failed: (!qemu_mutex_iothread_locked())',
);
const NOT_LOCKED = new QemuAbort(
  'qemu_mutex_unlock_iothread: assertion failed: (qemu_mutex_iothread_locked())',
);

function make(fairLock = false) {
  const host = new SimHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop, fairLock });
  const { thread } = machine;
  const other = new GlobalLock(
    machine.share().memory,
    { id: 2, host, trace: new Tracer() },
    machine.lender,
  );
  const startNs = host.nowNs;
  return {
    host,
    loop,
    machine,
    thread,
    bql: thread.bql,
    other,
    at: (ms: number, act: () => void) => host.at(startNs + ms * MS, act),
    ms: () => Math.floor((host.nowNs - startNs) / MS),
  };
}

it('has the names of QEMU 11 in a machine of QEMU 11', () => {
  const host = new SimHost();
  const loop = new MainLoop({ host, qemu: '11' });
  const { thread } = new MachineState({ host, loop });
  expect(() => thread.bql.lock()).toThrow('bql_lock_impl: assertion failed: (!bql_locked())');
  thread.bql.unlock();
  expect(() => thread.bql.unlock()).toThrow('bql_unlock: assertion failed: (bql_locked())');
});

describe.each([
  ['unfair', false],
  ['fair', true],
])('a BQL that is %s', (_, fair) => {
  it('is main’s from the start, and has one holder at a time', () => {
    const { bql, other } = make(fair);
    expect([bql.isMine, bql.owner, other.isMine, other.owner]).toEqual([true, 1, false, 1]);
    expect(other.tryLock()).toBe(false);
    bql.unlock();
    expect([bql.isMine, bql.owner]).toEqual([false, 0]);
    expect(other.tryLock()).toBe(true);
    expect([bql.tryLock(), other.tryLock(), bql.owner]).toEqual([false, false, 2]);
    other.unlock();
    bql.lock();
    expect([bql.isMine, other.isMine, bql.owner]).toEqual([true, false, 1]);
  });

  it('aborts if it is locked twice, unlocked twice, or unlocked by another', () => {
    const { bql, other } = make(fair);
    expect(() => bql.lock()).toThrow(LOCKED_TWICE);
    expect(() => other.unlock()).toThrow(NOT_LOCKED);
    bql.unlock();
    expect(() => bql.unlock()).toThrow(NOT_LOCKED);
    other.lock();
    expect(other.isMine).toBe(true);
  });

  it('is waited for until it is given back', () => {
    const { bql, other, at, ms } = make(fair);
    bql.unlock();
    other.lock();
    at(5, () => other.unlock());
    bql.lock();
    expect([ms(), bql.isMine]).toEqual([5, true]);
  });

  it('that nobody will give back is a deadlock', () => {
    const { bql, other } = make(fair);
    expect(() => other.lock()).toThrow(expect.objectContaining({ errno: EDEADLK }));
    expect([bql.isMine, other.isMine]).toEqual([true, false]);
  });

  it('is given back while a thread waits for a condition', () => {
    const { host, machine, bql, other, at, ms } = make(fair);
    const cond = new QemuCond(host);
    const seen: boolean[] = [];
    at(2, () => seen.push(other.tryLock()));
    at(3, () => new QemuCond(host, cond.share()).broadcast());
    at(4, () => other.unlock());
    expect(bql.condWait(cond)).toBe(true);
    expect([ms(), seen, bql.isMine]).toEqual([4, [true], true]);
    expect(bql.condWait(cond, 3 * MS)).toBe(false);
    expect([ms(), bql.isMine]).toEqual([7, true]);
    // Nobody waits any more, so nobody is woken.
    expect(cond.words[1]).toBe(0);
    bql.unlock();
    expect(() => bql.condWait(cond)).toThrow(NOT_LOCKED);
    expect(cond.words[1]).toBe(0);
    machine.dispose();
  });
});

describe('on the real kernel, where two steps are WebAssembly', () => {
  it('has one holder at a time, who is known, and the same aborts', () => {
    const host = new LinuxHost();
    const machine = new MachineState({ host });
    const { bql } = machine.thread;
    const { words } = machine;
    const other = new GlobalLock(
      machine.share().memory,
      { id: 2, host, trace: new Tracer() },
      machine.lender,
    );
    expect([bql.isMine, bql.owner, other.tryLock(), words[BQL_STATE]]).toEqual([true, 1, false, 1]);
    expect(() => bql.lock()).toThrow(LOCKED_TWICE);
    expect(() => other.unlock()).toThrow(NOT_LOCKED);
    bql.unlock();
    expect([bql.isMine, bql.owner, words[BQL_STATE]]).toEqual([false, 0, 0]);
    expect(() => bql.unlock()).toThrow(NOT_LOCKED);
    other.lock();
    expect([other.isMine, bql.owner, bql.tryLock()]).toEqual([true, 2, false]);
    other.unlock();
    bql.lock();
    expect([bql.owner, words[BQL_STATE]]).toEqual([1, 1]);
    machine.dispose();
    host.dispose();
  });
});

describe('a signal', () => {
  it('that comes before the sleep, but after the lock was given back, is not lost', () => {
    const { host, bql, ms } = make();
    const cond = new QemuCond(host);
    const unlock = bql.unlock.bind(bql);
    bql.unlock = () => {
      unlock();
      cond.signal();
    };
    expect(bql.condWait(cond, 3 * MS)).toBe(true);
    expect(ms()).toBe(0);
  });
});

describe('a main loop with a BQL', () => {
  it('gives it back while it polls, also if it does not sleep, and has it in its callbacks', () => {
    const { host, loop, bql, other } = make();
    const seen: (readonly unknown[])[] = [];
    const poll = host.poll.bind(host);
    host.poll = (...args) => {
      seen.push(['poll', bql.isMine, args[2] !== 0]);
      if (args[2] !== 0) loop.notifyEvent();
      return poll(...args);
    };
    loop.mainLoopWait(true);
    loop.newBottomHalf('b', () => seen.push(['b', bql.isMine, bql.owner])).schedule();
    loop.mainLoopWait(true);
    loop.mainLoopWait(false);
    expect(seen).toContainEqual(['b', true, 1]);
    expect(seen.filter(([what]) => what === 'poll').every(([, mine]) => mine === false)).toBe(true);
    expect([bql.isMine, other.tryLock()]).toEqual([true, false]);
  });

  it('has it again if the poll fails', () => {
    const { host, loop, bql } = make();
    loop.mainLoopWait(true);
    host.poll = host.epollWait = () => {
      throw new Error('no poll');
    };
    expect(() => loop.mainLoopWait(true)).toThrow('no poll');
    expect(bql.isMine).toBe(true);
  });

  it('aborts in main_loop_wait without it, when it would give it back', () => {
    const { loop, bql } = make();
    bql.unlock();
    let prepared = 0;
    loop.addPollNotifier(({ state }) => {
      if (state === 'FILL') prepared++;
    });
    expect(() => loop.mainLoopWait(true)).toThrow(NOT_LOCKED);
    expect(prepared).toBe(1);
    bql.lock();
  });

  it('keeps it in aio_poll', () => {
    const { loop, bql, other, at, ms } = make();
    const tried: boolean[] = [];
    at(2, () => tried.push(other.tryLock()));
    loop.context.timers.newTimer(0, 't', () => {}).modNs(loop.clocks.nowNs(0) + 4 * MS);
    while (!loop.context.poll(true));
    expect([ms(), tried, bql.isMine]).toEqual([4, [false], true]);
  });

  it('needs none after the machine is disposed of', () => {
    const { loop, machine, bql, other } = make();
    machine.dispose();
    expect([bql.isMine, other.tryLock()]).toEqual([false, true]);
    loop.mainLoopWait(true);
    loop.context.poll(false);
    loop.close();
  });
});

describe('a thread', () => {
  it('has main’s context if it is main, or holds the BQL, unless it has its own', () => {
    const { host, loop, machine, thread } = make();
    expect([thread.name, thread.id, thread.inMainThread]).toEqual(['main', 1, true]);
    expect(thread.currentContext).toBe(loop.context);
    thread.bql.unlock();
    // The main thread's contexts are its own, as in QEMU.
    expect(thread.currentContext).toBe(loop.context);
    expect([thread.holdsBql, thread.inMainThread]).toEqual([false, false]);
    expect([loop.context.poll(false), loop.iohandler.poll(false)]).toEqual([false, false]);
    const there = MachineState.from(machine.share(), host);
    expect(() => there.thread).toThrow('no QemuThread yet');
    const io0 = new QemuThread({ machine: there, name: 'io0', context: loop.iohandler });
    expect([io0.id, there.thread, io0.currentContext]).toEqual([2, io0, loop.iohandler]);
    expect(() => new QemuThread({ machine: there, name: 'io1' })).toThrow("is 'io0' already");
  });
});

it('events tell who wants the BQL, behind whom, and who has it', () => {
  const { host, machine, bql } = make();
  const trace = new Tracer();
  const seen: string[] = [];
  attach(
    trace,
    EVENT_NAMES.filter((name) => name.startsWith('bql_')),
    (id, _ns, ...args) => seen.push(`${EVENT_NAMES[id]} ${formatEvent(id, args)}`),
  );
  const other = new GlobalLock(machine.share().memory, { id: 7, host, trace }, machine.lender);
  host.at(host.nowNs + MS, () => bql.unlock());
  other.lock();
  other.unlock();
  expect(other.tryLock()).toBe(true);
  expect(seen).toEqual([
    'bql_lock self 7 owner 1',
    'bql_locked self 7',
    'bql_unlock self 7',
    'bql_locked self 7',
  ]);
});
