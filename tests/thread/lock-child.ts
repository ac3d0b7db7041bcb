/** Run alone by lock.test.ts: the BQL between real threads. */

import { BQL_NEXT, BQL_SERVING, BQL_STATE } from '../../src/thread/machine-words.ts';
import { QemuCond } from '../../src/thread/qemu-cond.ts';
import { type Case, play, type Self } from './cast.ts';

/** Whether another thread sleeps until the BQL is given back. */
const isWanted = ({ machine }: Self): boolean => Atomics.load(machine.words, BQL_STATE) === 2;

/** How many threads wait in the order of a fair BQL. */
const waitersInOrder = ({ machine: { words } }: Self): number =>
  Atomics.load(words, BQL_NEXT) - Atomics.load(words, BQL_SERVING) - 1;

function poke({ host, fds }: Self): void {
  const one = host.alloc(8);
  one.i32[0] = 1;
  host.write(fds[0]!, one, 0, 8);
}

/** A word of the machine that nothing else uses. */
const COUNT = 63;

/** Four threads count at the same time, each as often as told. */
function counting(fairLock: boolean, times: number): Case {
  const count = (self: Self): void => {
    const { words } = self.machine;
    self.reach(self.name);
    self.await('go');
    for (let i = 0; i < times; i++) {
      self.thread.bql.lock();
      words[COUNT] = words[COUNT]! + 1;
      self.thread.bql.unlock();
    }
    self.reach(`${self.name} ended`);
  };
  const names = ['a', 'b', 'c', 'd'];
  return {
    marks: ['go', ...names, ...names.map((name) => `${name} ended`)],
    fairLock,
    plain: Object.fromEntries(names.map((name) => [name, count])),
    main: (self) => {
      self.thread.bql.unlock();
      for (const name of names) self.await(name);
      self.reach('go');
      for (const name of names) self.await(`${name} ended`);
      self.thread.bql.lock();
      self.say(`counted ${self.machine.words[COUNT]}`);
    },
  };
}

const cases: Record<string, Case> = {
  counts: counting(false, 250_000),
  fair_counts: counting(true, 2500),
  main_loop_wait_gives_bql_back: {
    marks: ['go'],
    plain: {
      t: (self) => {
        // The waits before this give the BQL back, too.
        self.await('go');
        self.say('wants the BQL');
        self.thread.bql.lock();
        self.say('has it');
        poke(self);
        self.pass(20);
        self.say('gives it back');
        self.thread.bql.unlock();
      },
    },
    main: (self) => {
      const loop = self.loop;
      loop.mainLoopWait(true);
      loop.setFdHandler(self.fds[0]!, {
        ioRead: () => {
          self.say('b');
          self.host.read(self.fds[0]!, self.host.alloc(8), 0, 8);
        },
      });
      loop.mainLoopWait(true);
      self.reach('go');
      self.until(() => isWanted(self));
      self.say('main_loop_wait');
      loop.mainLoopWait(false);
      self.say(`returned, bql=${self.thread.holdsBql ? 1 : 0}`);
    },
  },
  main_loop_wait_nonblocking: {
    plain: {
      t: (self) => {
        self.thread.bql.lock();
        self.say('has it');
        self.thread.bql.unlock();
      },
    },
    fairLock: true,
    main: (self) => {
      const loop = self.loop;
      self.until(() => waitersInOrder(self) === 1);
      self.say('begins');
      // One that serves in order: an unfair one may be taken again before the other is awake.
      loop.mainLoopWait(true);
      self.say('ends');
    },
  },
  aio_poll_keeps_bql: {
    marks: ['polls'],
    plain: {
      t: (self) => {
        self.say('wants the BQL');
        self.thread.bql.lock();
        self.say('has it');
        self.thread.bql.unlock();
      },
      io1: (self) => {
        self.await('polls');
        self.pass(20);
        self.say('ends the sleep');
        poke(self);
      },
    },
    main: (self) => {
      const { context } = self.loop;
      context.setFdHandler(self.fds[0]!, {
        ioRead: () => {
          self.say('b');
          self.host.read(self.fds[0]!, self.host.alloc(8), 0, 8);
        },
      });
      context.poll(false);
      self.until(() => isWanted(self));
      self.say('aio_poll');
      self.reach('polls');
      context.poll(true);
      self.say('gives the BQL back');
      self.thread.bql.unlock();
      self.until(() => self.log.length === 6);
      self.thread.bql.lock();
    },
  },
  cond_wait_gives_bql_back: {
    marks: ['waits', 'ended'],
    plain: {
      t: (self) => {
        const cond = new QemuCond(self.host, { words: self.machine.words.subarray(60) });
        self.thread.bql.lock();
        self.say('waits');
        self.reach('waits');
        self.thread.bql.condWait(cond);
        self.say(`goes on bql=${self.thread.holdsBql ? 1 : 0}`);
        self.thread.bql.unlock();
        self.reach('ended');
      },
    },
    main: (self) => {
      const cond = new QemuCond(self.host, { words: self.machine.words.subarray(60) });
      self.thread.bql.unlock();
      self.await('waits');
      self.thread.bql.lock();
      self.say('has the BQL');
      cond.signal();
      self.say('signalled');
      self.pass(10);
      self.say('gives it back');
      self.thread.bql.unlock();
      self.await('ended');
      self.thread.bql.lock();
    },
  },
};

void play(cases);
