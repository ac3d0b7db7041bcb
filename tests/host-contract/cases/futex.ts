import { EAGAIN, EINVAL, ETIMEDOUT } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

function shared(...values: number[]): Int32Array {
  const words = new Int32Array(new SharedArrayBuffer(4 * values.length));
  words.set(values);
  return words;
}

export const futex: ContractCase[] = [
  {
    name: 'futex: a wait for a value that the word does not have is EAGAIN',
    run: (env) => {
      const words = shared(0, 5);
      env.fails(env.host.futexWait(words, 1, 4, -1), EAGAIN, 'with no timeout');
      env.fails(env.host.futexWait(words, 1, 4, 1e9), EAGAIN, 'with a timeout');
      env.fails(env.host.futexWait(words, 0, 5, 0), EAGAIN, 'that another word has');
    },
  },
  {
    name: 'futex: a wait that nobody ends takes its timeout',
    run: (env) => {
      const words = shared(0, -5);
      const start = env.now();
      env.fails(env.host.futexWait(words, 1, -5, 3e6), ETIMEDOUT, '3 ms');
      env.ok(env.now() - start >= 3e6, `${env.now() - start} ns passed in a wait of 3 ms`);
      env.fails(env.host.futexWait(words, 1, -5, 0), ETIMEDOUT, 'no time');
    },
  },
  {
    name: 'futex: a wake-up with nobody asleep wakes nobody, and is not kept',
    run: (env) => {
      const words = shared(7);
      env.equal(env.host.futexWake(words, 0, 1), 0, 'woken');
      env.equal(env.host.futexWake(words, 0, 0), 0, 'none woken');
      env.fails(env.host.futexWait(words, 0, 7, 1000), ETIMEDOUT, 'the wait after it');
    },
  },
  {
    name: 'futex: wrong words, places, values and counts are EINVAL',
    run: (env) => {
      const { host } = env;
      const words = shared(0, 0);
      const own = new Int32Array(2);
      const wrong = 'words' as unknown as Int32Array;
      for (const bad of [own, wrong]) {
        env.fails(host.futexWait(bad, 0, 0, 0), EINVAL, 'a wait on memory that is not shared');
        env.fails(host.futexWake(bad, 0, 1), EINVAL, 'a wake-up of memory that is not shared');
      }
      for (const index of [-1, 2, 0.5, Number.NaN]) {
        env.fails(host.futexWait(words, index, 0, 0), EINVAL, `a wait on word ${index}`);
        env.fails(host.futexWake(words, index, 1), EINVAL, `a wake-up of word ${index}`);
      }
      env.fails(host.futexWait(words, 0, 0.5, 0), EINVAL, 'a value that is not an int');
      env.fails(host.futexWait(words, 0, 0, Number.NaN), EINVAL, 'a timeout that is NaN');
      env.fails(host.futexWake(words, 0, -1), EINVAL, 'a negative count');
    },
  },
  {
    name: 'threads: sched_yield succeeds',
    run: (env) => env.equal(env.host.schedYield(), 0, 'sched_yield'),
  },
];
