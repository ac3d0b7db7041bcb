/** Coroutines across contexts, in the orders that QEMU 7.2 has. */

import { describe, expect, it } from 'vitest';
import { CoSleep } from '../../../src/coroutine/co-sleep.ts';
import { coYield } from '../../../src/coroutine/co-yield.ts';
import type { CoroutineSteps } from '../../../src/coroutine/coroutine.ts';
import type { MovingCoroutine } from '../../../src/thread/co/moving-coroutine.ts';
import { SharedCoroutines } from '../../../src/thread/co/shared-coroutines.ts';
import { MachineState } from '../../../src/thread/machine-state.ts';
import { QemuThread } from '../../../src/thread/qemu-thread.ts';
import { RemoteContext } from '../../../src/thread/remote-context.ts';
import { makeThreads, type One } from './threads.ts';

const SCHEDULED_TWICE = "aio_co_schedule: Co-routine was already scheduled in 'aio_co_schedule'";

/** An entry that says each text, and yields in between. */
function steps({ addEntry, say }: ReturnType<typeof makeThreads>, name: string, texts: string[]) {
  addEntry(
    name,
    (where) =>
      function* (co: MovingCoroutine): CoroutineSteps {
        for (let at = co.label; at < texts.length; at++) {
          say(where, texts[at]!);
          if (at + 1 < texts.length) yield* co.yield(at + 1);
        }
      },
  );
}

function make() {
  const threads = makeThreads();
  for (const name of ['c1', 'c2', 'c3']) steps(threads, name, [name]);
  steps(threads, 'co', ['co.1', 'co.2']);
  return threads;
}

describe('aio_co_schedule', () => {
  it('enters in order of scheduling, whoever scheduled', () => {
    const { main, io1, io2, log } = make();
    const [c1, c2, c3] = ['c1', 'c2', 'c3'].map((name) => main.co.create(name));
    io2.from(c1!).schedule(io1.context);
    c2!.schedule(io1.context);
    io2.from(c3!).schedule(io1.context);
    expect(log).toEqual([]);
    io1.settle();
    expect(log).toEqual(['io1: c1', 'io1: c2', 'io1: c3']);
  });

  it('has the place of its first call among the bottom halves', () => {
    const { main, io1, log } = make();
    const bh = (name: string) => io1.context.newBottomHalf(name, () => log.push(`io1: ${name}`));
    bh('b1').schedule();
    main.co.create('c1').schedule(io1.context);
    bh('b2').schedule();
    main.co.create('c2').schedule(io1.context);
    io1.settle();
    expect(log).toEqual(['io1: b2', 'io1: c1', 'io1: c2', 'io1: b1']);
  });

  it('keeps the order with coroutines that its own thread schedules', () => {
    const { main, io1, log } = make();
    const own = io1.co.coroutines!;
    const local = (name: string) =>
      // biome-ignore lint/correctness/useYield: it ends at once
      own.create(function* () {
        log.push(`io1: ${name}`);
      });
    main.co.create('c1').schedule(io1.context);
    own.schedule(local('own'));
    main.co.create('c2').schedule(io1.context);
    io1.settle();
    expect(log).toEqual(['io1: c1', 'io1: own', 'io1: c2']);
  });

  it('aborts if the coroutine is scheduled already, there or elsewhere', () => {
    const { main, io1, io2 } = make();
    const co = main.co.create('co');
    co.schedule(io1.context);
    expect(() => co.schedule(io1.context)).toThrow(SCHEDULED_TWICE);
    expect(() => io2.from(co).schedule(io2.context)).toThrow(SCHEDULED_TWICE);
  });

  it('takes the context’s lock while it enters a coroutine', () => {
    const { main, io1, addEntry } = makeThreads();
    const depths: number[] = [];
    addEntry(
      'co',
      ({ thread, context }) =>
        // biome-ignore lint/correctness/useYield: it ends at once
        function* () {
          depths.push(thread.lockOf(context).depth);
        },
    );
    main.co.create('co').schedule(io1.context);
    io1.settle();
    main.co.create('co').enterSoon(main.context);
    expect([depths, io1.thread.lockOf(io1.context).depth]).toEqual([[1, 1], 0]);
  });
});

describe('aio_co_wake', () => {
  it('of another thread only schedules, at home', () => {
    const { main, io1, log } = make();
    const co = main.co.create('co');
    co.enter();
    io1.from(co).wake();
    expect(log).toEqual(['main: co.1']);
    expect([main.context.poll(false), log.at(-1), co.ended]).toEqual([true, 'main: co.2', true]);
  });

  it('brings it to the context that entered it last', () => {
    const threads = makeThreads();
    const { main, io1, log } = threads;
    steps(threads, 'a', ['a.1', 'a.2', 'a.3']);
    const a = main.co.create('a');
    a.enter();
    a.schedule(io1.context);
    io1.settle();
    a.wake();
    main.settle();
    io1.settle();
    expect(log).toEqual(['main: a.1', 'io1: a.2', 'io1: a.3']);
    const b = main.co.create('a');
    io1.from(b).enter();
    b.wake();
    io1.settle();
    expect(log.slice(3)).toEqual(['io1: a.1', 'io1: a.2']);
  });

  it('of the thread that holds its context enters it at once', () => {
    const { main, log } = make();
    const co = main.co.create('co');
    co.enter();
    co.wake();
    expect(log).toEqual(['main: co.1', 'main: co.2']);
    expect(main.context.poll(false)).toBe(false);
  });

  it('enters it in main without the BQL, too: the thread’s context is the current one', () => {
    const { main, log } = make();
    const co = main.co.create('co');
    co.enter();
    main.thread.bql.unlock();
    co.wake();
    expect(log).toEqual(['main: co.1', 'main: co.2']);
    main.thread.bql.lock();
  });

  it('aborts while it is scheduled', () => {
    const { main, io1 } = make();
    const co = main.co.create('co');
    co.enter();
    co.schedule(io1.context);
    expect(() => co.wake()).toThrow(
      "qemu_aio_coroutine_enter: Co-routine was already scheduled in 'aio_co_schedule'",
    );
  });

  it('before it yields schedules it, and it goes on after it has yielded', () => {
    const { main, io1, log, say } = makeThreads();
    const own = main.co.coroutines!;
    const co = own.create(function* () {
      say(main, 'co.1');
      io1.from(main.co.share(own.self)).wake();
      say(main, 'yields');
      yield;
      say(main, 'co.2');
    });
    own.enter(co);
    expect(log).toEqual(['main: co.1', 'main: yields']);
    expect([main.context.poll(false), log.at(-1)]).toEqual([true, 'main: co.2']);
  });

  it('before it yields, then a poll: aborts', () => {
    const { main, io1 } = makeThreads();
    const own = main.co.coroutines!;
    const co = own.create(function* () {
      io1.from(main.co.share(own.self)).wake();
      main.context.poll(false);
      yield;
    });
    expect(() => own.enter(co)).toThrow('Co-routine re-entered recursively');
  });

  it('in a coroutine: of the same context runs behind it, of another one is scheduled', () => {
    const { main, io1, log, say } = makeThreads();
    const waiter = (where: One) =>
      where.co.share(
        where.co.coroutines!.create(function* () {
          say(where, '1');
          yield;
          say(where, '2');
        }),
      );
    const [here, there] = [waiter(io1), waiter(main)];
    here.enter();
    there.enter();
    const own = io1.co.coroutines!;
    own.enter(
      // biome-ignore lint/correctness/useYield: it ends at once
      own.create(function* () {
        say(io1, 'wakes');
        here.wake();
        io1.from(there).wake();
        say(io1, 'ends');
      }),
    );
    expect(log.slice(2)).toEqual(['io1: wakes', 'io1: ends', 'io1: 2']);
    main.settle();
    expect(log.at(-1)).toBe('main: 2');
  });

  it('aborts if it was never entered, or has ended', () => {
    const { main } = make();
    const co = main.co.create('c1');
    expect(() => co.wake()).toThrow('aio_co_wake: Co-routine was never entered');
    co.enter();
    expect(co.ended).toBe(true);
    expect(() => main.co.from(co.share())).toThrow('Co-routine has ended');
    expect(() => co.wake()).toThrow('Co-routine has ended');
  });
});

describe('aio_co_reschedule_self', () => {
  const traveller = (threads: ReturnType<typeof makeThreads>, to: 'main' | 'io1') =>
    threads.addEntry(
      'co',
      (where) =>
        function* (co) {
          if (co.label < 1) {
            threads.say(where, `a ${co.numbers[0]}`);
            co.numbers[0] = 7;
            yield* co.reschedule(threads[to].context, 1);
          }
          threads.say(where, `b ${co.numbers[0]}`);
        },
    );

  it('to its own context does nothing', () => {
    const threads = makeThreads();
    const { main, log } = threads;
    traveller(threads, 'main');
    main.co.create('co', 3).enter();
    expect([log, main.context.poll(false)]).toEqual([['main: a 3', 'main: b 7'], false]);
  });

  it('to another one waits for a bottom half of the old one; its numbers go with it', () => {
    const threads = makeThreads();
    const { main, io1, log } = threads;
    traveller(threads, 'io1');
    const co = main.co.create('co', 3);
    co.enter();
    io1.settle();
    expect(log).toEqual(['main: a 3']);
    main.settle();
    expect(log).toEqual(['main: a 3']);
    io1.settle();
    expect([log, co.ended]).toEqual([['main: a 3', 'io1: b 7'], true]);
  });

  it('there and back, again and again', () => {
    const threads = makeThreads();
    const { main, io1, log, say, addEntry } = threads;
    addEntry(
      'co',
      (where) =>
        function* (co) {
          say(where, `${co.label}`);
          if (co.label === 4) return;
          const to = where === main ? io1 : main;
          yield* co.reschedule(to.context, co.label + 1);
        },
    );
    main.co.create('co').enter();
    for (let i = 0; i < 4; i++) {
      main.settle();
      io1.settle();
    }
    expect(log).toEqual(['main: 0', 'io1: 1', 'main: 2', 'io1: 3', 'main: 4']);
  });
});

describe('a coroutine that others schedule here and there', () => {
  it('goes on at its label, not at what it left behind in a thread', () => {
    const threads = makeThreads();
    const { main, io1, log } = threads;
    steps(threads, 'a', ['1', '2', '3', '4']);
    const a = main.co.create('a');
    for (const where of [main, io1, main, io1]) {
      a.schedule(where.context);
      where.settle();
    }
    expect(log).toEqual(['main: 1', 'io1: 2', 'main: 3', 'io1: 4']);
    expect(a.ended).toBe(true);
  });
});

describe('a coroutine', () => {
  it('that is made of no entry cannot leave its thread', () => {
    const { main, io1 } = makeThreads();
    const own = main.co.coroutines!;
    const co = main.co.share(
      own.create(function* () {
        yield;
      }),
    );
    expect(() => co.schedule(io1.context)).toThrow('cannot leave its thread');
    expect(() => io1.from(co).schedule(io1.context)).toThrow('cannot leave its thread');
    io1.from(co).schedule(main.context);
    main.settle();
    io1.from(co).wake();
    main.settle();
    expect(co.ended).toBe(true);
  });

  it('that yielded without a label cannot go on in another thread', () => {
    const { main, io1, addEntry } = makeThreads();
    addEntry(
      'co',
      () =>
        function* () {
          yield;
        },
    );
    const co = main.co.create('co');
    co.enter();
    co.schedule(io1.context);
    expect(() => io1.settle()).toThrow("coroutine 'co' yielded without a label");
  });

  it('that runs in one thread aborts if another one enters it', () => {
    const { main, io1, addEntry } = makeThreads();
    let abort = '';
    addEntry(
      'co',
      (where) =>
        function* (co) {
          if (where === main && co.label === 0) {
            io1.from(made).schedule(io1.context);
            try {
              io1.settle();
            } catch (error) {
              abort = String(error);
            }
          }
          yield* co.yield(1);
        },
    );
    const made = main.co.create('co');
    made.enter();
    expect(abort).toBe('QemuAbort: Co-routine re-entered recursively');
  });

  it('needs its entry in the thread that enters it', () => {
    const { main, io1 } = makeThreads();
    main.co.addEntry('co', function* () {
      yield;
    });
    main.co.create('co').schedule(io1.context);
    expect(() => io1.settle()).toThrow("thread 'io1' has no coroutine entry 'co'");
  });

  it('sleeps in the context where it runs', () => {
    const { main, io1, log, say, addEntry } = makeThreads();
    addEntry(
      'co',
      (where) =>
        function* () {
          say(where, 'sleeps');
          yield* new CoSleep(where.co.coroutines!).sleepNs(2e6);
          say(where, 'woke');
        },
    );
    const co = main.co.create('co');
    co.schedule(io1.context);
    io1.settle();
    expect(() => co.wake()).toThrow(
      "aio_co_schedule: Co-routine was already scheduled in 'qemu_co_sleep_ns'",
    );
    main.settle();
    expect(log).toEqual(['io1: sleeps']);
    while (!co.ended) io1.context.poll(true);
    expect(log).toEqual(['io1: sleeps', 'io1: woke']);
  });

  it('is one thread’s; others are not in it', () => {
    const { main, io1, addEntry } = makeThreads();
    const seen: boolean[] = [];
    addEntry(
      'co',
      () =>
        // biome-ignore lint/correctness/useYield: it ends at once
        function* () {
          seen.push(io1.co.coroutines!.inCoroutine, main.co.coroutines!.inCoroutine);
        },
    );
    main.co.create('co').schedule(io1.context);
    io1.settle();
    expect(seen).toEqual([true, false]);
  });
});

describe('a context', () => {
  const NOT_EMPTY = "aio_ctx_finalize: Assertion `QSLIST_EMPTY(&ctx->scheduled_coroutines)' failed";

  it('that is closed with a scheduled coroutine aborts, whichever thread scheduled it', () => {
    const { main, io1, io2, loop, host } = make();
    const remote = RemoteContext.from(io1.context.share(), host);
    main.co.create('co').schedule(io1.context);
    expect(() => io1.context.close()).toThrow(NOT_EMPTY);
    const own = io2.co.coroutines!;
    own.schedule(
      own.create(function* () {
        yield;
      }),
    );
    expect(() => io2.context.close()).toThrow(NOT_EMPTY);
    const co = main.co.create('co');
    expect(() => co.schedule(remote)).toThrow('the context is closed');
    loop.close();
  });

  it('aborts if a bottom half of it yields', () => {
    const { io1, log } = make();
    io1.context
      .newBottomHalf('b', () => {
        log.push('yields');
        coYield(io1.co.coroutines!).next();
      })
      .schedule();
    expect(() => io1.settle()).toThrow('Co-routine is yielding to no one');
    const own = io1.co.coroutines!;
    const co = own.create(() => coYield(own));
    own.enter(co);
    expect(co.ended).toBe(false);
    own.enter(co);
    expect([log, co.ended]).toEqual([['yields'], true]);
  });
});

describe('a machine', () => {
  it('has 1024 coroutines that several threads know, and takes the numbers of ended ones again', () => {
    const { main } = make();
    for (let i = 0; i < 3000; i++) main.co.create('c1').enter();
    for (let i = 0; i < 1024; i++) main.co.create('c1');
    expect(() => main.co.create('c1')).toThrow('the machine has 1024 coroutines');
  });

  it('has a context whose coroutines cannot be shared if something of it was shared before', () => {
    const { host, machine, io1 } = makeThreads();
    const there = MachineState.from(machine.share(), host);
    const late = new QemuThread({ machine: there, name: 'late' });
    expect(() => new SharedCoroutines(late, io1.co.coroutines)).toThrow('is shared already');
    expect(() => new SharedCoroutines(late, null).create('c1').schedule(io1.context)).not.toThrow();
    expect(() => io1.co.create('x'.repeat(33))).toThrow('at most 32 bytes');
  });
});
