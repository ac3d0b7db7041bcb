/** Run alone by wait.test.ts: AIO_WAIT_WHILE and the contexts' locks between real threads. */

import { readFileSync } from 'node:fs';
import type { AioContext } from '../../src/aio/aio-context.ts';
import type { BottomHalfHandle } from '../../src/aio/handles.ts';
import { Coroutines } from '../../src/coroutine/coroutines.ts';
import type { CoroutineHandle } from '../../src/thread/co/co-records.ts';
import type { SharedCoroutine } from '../../src/thread/co/shared-coroutine.ts';
import { SharedCoroutines } from '../../src/thread/co/shared-coroutines.ts';
import { LOCK_STATE } from '../../src/thread/context-words.ts';
import { NUM_WAITERS, PAUSE_COND } from '../../src/thread/machine-words.ts';
import { QemuCond } from '../../src/thread/qemu-cond.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';
import { type Case, type MainSelf, type Offered, play, type Self } from './cast.ts';

/** Words of the machine that nothing else uses. */
const DONE = 60;
const DONE_TOO = 61;

const set = ({ machine }: Self, word = DONE): void => {
  machine.words[word] = 1;
};
const isUnset = ({ machine }: Self, word = DONE): boolean => machine.words[word] === 0;

/**
 * Whether main sleeps in AIO_WAIT_WHILE: it is in aio_poll, and in the kernel, which it cannot leave
 * by itself.
 */
function mainSleeps({ machine }: Self): boolean {
  if (Atomics.load(machine.words, NUM_WAITERS) === 0 || machine.main!.notifyMe === 0) return false;
  return / \(.*\) S /.test(readFileSync(`/proc/self/task/${process.pid}/stat`, 'latin1'));
}

function done(self: Self, context: AioContext): Offered {
  return {
    done: context.newBottomHalf('done', () => {
      // Main would not wait at all if it came late.
      self.until(() => mainSleeps(self));
      set(self);
      self.say('done');
      self.thread.aioWait.kick();
    }),
  };
}

const isWanted = (self: MainSelf): boolean => {
  const words = new Int32Array(self.other('io1').context.handle.words);
  return Atomics.load(words, LOCK_STATE) === 2;
};

/** Takes the lock of its context, and gives it back. */
function locks(self: Self, context: AioContext): Offered {
  return {
    locks: context.newBottomHalf('locks', () => {
      self.say('wants the lock');
      self.thread.acquire(context);
      self.say('has the lock');
      self.thread.release(context);
      self.reach('ended');
    }),
  };
}

interface Handed {
  readonly b: BottomHalfHandle;
}

interface Given {
  act: () => void;
  readonly handed: Handed;
}

/** A bottom half of main's that calls `act`. */
function withBh(): NonNullable<Case['setUp']> {
  return (_machine, loop): Given => {
    const given = { act: () => {} };
    const b = loop.newBottomHalf('b', () => given.act());
    return Object.assign(given, { handed: { b: b.share() } });
  };
}

/**
 * Until main sleeps in the poll of its loop, without the BQL, after it has come to `go`: a wait that
 * does not sleep looks the same for a moment.
 */
function untilMainSleeps(self: Self): void {
  self.await('go');
  self.until(() => self.machine.main!.notifyMe === 1 && self.thread.bql.owner === 0);
}

const cases: Record<string, Case> = {
  wait_while_done_by_iothread: {
    io: { io1: done },
    main: (self) => {
      const io1 = self.other('io1');
      self.thread.acquire(io1.context);
      io1.bhs.done!.schedule();
      const waited = self.thread.aioWait.waitWhile(io1.context, () => isUnset(self));
      self.say(`waited=${waited ? 1 : 0}`);
      self.thread.release(io1.context);
    },
  },
  wait_while_needs_the_kick: {
    marks: ['done'],
    io: {
      io1: (self, context) => ({
        done: context.newBottomHalf('done', () => {
          self.until(() => mainSleeps(self));
          set(self);
          self.say('done, no kick');
          self.reach('done');
        }),
      }),
    },
    plain: {
      t: (self) => {
        self.await('done');
        self.pass(20);
        self.say('kick');
        self.thread.aioWait.kick();
      },
    },
    main: (self) => {
      const io1 = self.other('io1');
      io1.bhs.done!.schedule();
      const waited = self.thread.aioWait.waitWhileUnlocked(io1.context, () => isUnset(self));
      self.say(`waited=${waited ? 1 : 0}`);
    },
  },
  kick_without_change: {
    marks: ['once', 'twice'],
    io: {
      io1: (self, context) => ({
        kick: context.newBottomHalf('kick', () => {
          self.until(() => mainSleeps(self));
          self.say('kick');
          self.thread.aioWait.kick();
          self.await('once');
          self.until(() => mainSleeps(self));
          set(self);
          self.say('done');
          self.say('kick');
          self.thread.aioWait.kick();
        }),
      }),
    },
    main: (self) => {
      const io1 = self.other('io1');
      io1.bhs.kick!.schedule();
      let evaluated = 0;
      // The first sleeps may find what is left from before.
      while (self.loop.context.poll(false));
      const waited = self.thread.aioWait.waitWhileUnlocked(io1.context, () => {
        const unset = isUnset(self);
        self.say(`cond=${unset ? 1 : 0} after ${evaluated}`);
        if (evaluated === 1) self.reach('once');
        evaluated++;
        return unset;
      });
      self.say(`waited=${waited ? 1 : 0}`);
    },
  },
  aio_wait_bh_oneshot_runs_there: {
    io: {
      io1: (self) => {
        self.thread.aioWait.newEntry('cb', () => {
          self.say(`cb ctx=${self.thread.currentContext!.name}`);
        });
        return {};
      },
    },
    main: (self) => {
      const { context } = self.other('io1');
      self.say('before');
      self.thread.acquire(context);
      self.thread.aioWait.bhOneshot(context, 'cb');
      self.say('after');
      self.thread.release(context);
    },
  },
  wait_while_for_other_iothread_abort: {
    marks: ['ended'],
    io: {
      io1: (self, context) => ({
        wait: context.newBottomHalf('wait', () => {
          self.say('wait');
          try {
            self.thread.aioWait.waitWhile(self.machine.main, () => true);
          } catch (error) {
            self.say((error as Error).message);
          }
          self.reach('ended');
        }),
      }),
    },
    main: (self) => {
      self.other('io1').bhs.wait!.schedule();
      self.await('ended');
    },
  },
  wait_while_null_context: {
    marks: ['first'],
    io: {
      io1: (self, context) => ({
        done: context.newBottomHalf('done', () => {
          set(self);
          self.say('first');
          self.thread.aioWait.kick();
          self.reach('first');
        }),
      }),
      io2: (self, context) => ({
        done: context.newBottomHalf('done', () => {
          self.await('first');
          self.until(() => mainSleeps(self));
          set(self, DONE_TOO);
          self.say('second');
          self.thread.aioWait.kick();
        }),
      }),
    },
    main: (self) => {
      self.other('io1').bhs.done!.schedule();
      self.other('io2').bhs.done!.schedule();
      const waited = self.thread.aioWait.waitWhile(
        null,
        () => isUnset(self) || isUnset(self, DONE_TOO),
      );
      self.say(`waited=${waited ? 1 : 0}`);
    },
  },
  wait_while_gives_context_lock_back: {
    io: {
      io1: (self, context) => ({
        done: context.newBottomHalf('done', () => {
          self.thread.acquire(context);
          self.say('has the lock');
          set(self);
          self.say('done');
          self.thread.aioWait.kick();
          self.pass(20);
          self.say('gives it back');
          self.thread.release(context);
        }),
      }),
    },
    main: (self) => {
      const io1 = self.other('io1');
      self.thread.acquire(io1.context);
      self.say('has the lock');
      io1.bhs.done!.schedule();
      self.thread.aioWait.waitWhile(io1.context, () => isUnset(self));
      self.say('waited');
      self.thread.release(io1.context);
    },
  },
  wait_while_unlocked_keeps_context_lock: {
    marks: ['ended', 'waits'],
    io: { io1: locks },
    plain: {
      t: (self) => {
        self.await('waits');
        self.pass(20);
        set(self);
        self.say('done');
        self.thread.aioWait.kick();
      },
    },
    main: (self) => {
      const io1 = self.other('io1');
      self.thread.acquire(io1.context);
      io1.bhs.locks!.schedule();
      self.until(() => isWanted(self));
      self.reach('waits');
      self.thread.aioWait.waitWhileUnlocked(io1.context, () => isUnset(self));
      self.say('waited, gives the lock back');
      self.thread.release(io1.context);
      self.await('ended');
    },
  },
  context_lock_is_recursive: {
    marks: ['ended'],
    io: { io1: locks },
    main: (self) => {
      const io1 = self.other('io1');
      self.thread.acquire(io1.context);
      self.thread.acquire(io1.context);
      io1.bhs.locks!.schedule();
      self.until(() => isWanted(self));
      self.thread.release(io1.context);
      self.pass(20);
      self.say('released once');
      self.say('releases again');
      self.thread.release(io1.context);
      self.await('ended');
    },
  },
  poll_and_callbacks_do_not_take_context_lock: {
    marks: ['timer'],
    io: {
      io1: (self, context) => {
        context.setFdHandler(self.fds[0]!, {
          ioRead: () => {
            self.say('fd');
            self.host.read(self.fds[0]!, self.host.alloc(8), 0, 8);
            context.timers
              .newTimer(0, 'timer', () => {
                self.say('timer');
                self.reach('timer');
              })
              .modFromNowNs(1e6);
          },
        });
        return {
          b: context.newBottomHalf('b', () => {
            self.say('b');
            const one = self.host.alloc(8);
            one.i32[0] = 1;
            self.host.write(self.fds[0]!, one, 0, 8);
          }),
        };
      },
    },
    main: (self) => {
      const io1 = self.other('io1');
      self.thread.acquire(io1.context);
      io1.bhs.b!.schedule();
      self.await('timer');
      self.say('releases');
      self.thread.release(io1.context);
    },
  },
  wait_while_keeps_bql: {
    marks: ['ended'],
    io: {
      io1: (self, context) => ({
        done: context.newBottomHalf('done', () => {
          self.say('wants the BQL');
          self.say(`done=${self.thread.bql.tryLock() ? 1 : 0}`);
          set(self);
          self.thread.aioWait.kick();
          self.thread.bql.lock();
          self.say(`has it, ctx=${(self.thread.currentContext as AioContext).name}`);
          self.thread.bql.unlock();
          self.reach('ended');
        }),
      }),
    },
    main: (self) => {
      const io1 = self.other('io1');
      self.say('waits');
      io1.bhs.done!.schedule();
      self.thread.aioWait.waitWhileUnlocked(io1.context, () => isUnset(self));
      self.say(`waited, bql=${self.thread.holdsBql ? 1 : 0}`);
      self.thread.bql.unlock();
      self.await('ended');
      self.thread.bql.lock();
    },
  },
  /** In QEMU b is called in t; here main calls it, for t, with t's BQL. */
  thread_with_bql_polls_main_context: {
    marks: ['go'],
    setUp: withBh(),
    plain: {
      t: (self) => {
        untilMainSleeps(self);
        self.thread.bql.lock();
        self.say(`ctx=${self.thread.currentContext!.name}`);
        RemoteBottomHalf.from((self.given as Handed).b, self.host).schedule();
        self.say(`poll=${self.thread.pollMain(true) ? 1 : 0}`);
        self.say(`poll=${self.thread.pollMain(false) ? 1 : 0}`);
        self.thread.bql.unlock();
      },
    },
    main: (self) => {
      (self.given as Given).act = () => self.say(`b bql=${self.thread.holdsBql ? 1 : 0}`);
      self.loop.mainLoopWait(true);
      self.reach('go');
      self.loop.mainLoopWait(false);
      self.say(`poll=${self.loop.context.poll(false) ? 1 : 0}`);
    },
  },
  co_wake_by_thread_with_bql_enters_there: {
    marks: ['go'],
    setUp: (_machine, loop) => {
      const co = new SharedCoroutines(_machine.thread, new Coroutines(loop.context));
      const given = { act: () => {} };
      const body = co.share(
        co.coroutines!.create(function* () {
          given.act();
          yield;
          given.act();
        }),
      );
      return Object.assign(given, { body, handed: { co: body.share() } });
    },
    plain: {
      t: (self) => {
        untilMainSleeps(self);
        self.thread.bql.lock();
        const co = new SharedCoroutines(self.thread, null);
        co.from((self.given as { co: CoroutineHandle }).co).wake();
        self.say('woken');
        self.machine.wakeMain();
        self.thread.bql.unlock();
      },
    },
    main: (self) => {
      let step = 0;
      const given = self.given as Given & { body: SharedCoroutine };
      given.act = () => self.say(`co ${++step}`);
      given.body.enter();
      self.loop.mainLoopWait(true);
      self.reach('go');
      self.loop.mainLoopWait(false);
      self.say(`poll=${self.loop.context.poll(false) ? 1 : 0}`);
    },
  },
  /** As a vCPU in the device model waits for a block job, while main waits until all vCPUs have paused. */
  wait_while_of_a_thread_with_bql: {
    setUp: withBh(),
    fairLock: true,
    plain: {
      t: (self) => {
        self.thread.bql.lock();
        self.say('waits');
        RemoteBottomHalf.from((self.given as Handed).b, self.host).schedule();
        const waited = self.thread.aioWait.waitWhile(null, () => isUnset(self));
        self.say(`waited=${waited ? 1 : 0} bql=${self.thread.holdsBql ? 1 : 0}`);
        set(self, DONE_TOO);
        new QemuCond(self.host, { words: self.machine.words.subarray(PAUSE_COND) }).broadcast();
        self.thread.bql.unlock();
      },
    },
    main: (self) => {
      const { bql } = self.thread;
      (self.given as Given).act = () => {
        set(self);
        self.say('done');
        self.thread.aioWait.kick();
      };
      const cond = new QemuCond(self.host, { words: self.machine.words.subarray(PAUSE_COND) });
      bql.condWaitWhile(cond, () => isUnset(self, DONE_TOO));
      self.say(`goes on, bql=${bql.isMine ? 1 : 0} owner=${bql.owner}`);
    },
  },
  a_callback_that_fails_for_another_thread: {
    marks: ['go'],
    setUp: withBh(),
    plain: {
      t: (self) => {
        untilMainSleeps(self);
        self.thread.bql.lock();
        RemoteBottomHalf.from((self.given as Handed).b, self.host).schedule();
        try {
          self.thread.pollMain(true);
        } catch (error) {
          self.say((error as Error).message);
        }
        self.thread.bql.unlock();
      },
    },
    main: (self) => {
      (self.given as Given).act = () => {
        throw new RangeError('of b');
      };
      self.loop.mainLoopWait(true);
      self.reach('go');
      try {
        self.loop.mainLoopWait(false);
      } catch (error) {
        self.say(`${error} bql=${self.thread.holdsBql ? 1 : 0}`);
      }
      self.loop.mainLoopWait(true);
      self.say('goes on');
    },
  },
  /** A wait that ends with each kick, as fast as two threads can. */
  no_kick_is_lost: {
    marks: ['begin'],
    plain: {
      t: (self) => {
        const { words } = self.machine;
        self.await('begin');
        for (let i = 1; i <= 20_000; i++) {
          words[DONE] = i;
          self.thread.aioWait.kick();
          self.until(() => Atomics.load(words, DONE_TOO) === i);
        }
      },
    },
    main: (self) => {
      const { words } = self.machine;
      self.reach('begin');
      for (let i = 1; i <= 20_000; i++) {
        self.thread.aioWait.waitWhile(null, () => words[DONE] !== i);
        Atomics.store(words, DONE_TOO, i);
      }
      self.say(`${words[DONE]} waits`);
    },
  },
};

void play(cases);
