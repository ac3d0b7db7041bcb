import { CLOCK_MONOTONIC, CLOCK_REALTIME } from '../../../src/host/constants.ts';
import { EINVAL } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

export const clocks: ContractCase[] = [
  {
    name: 'clocks: monotonic never goes back',
    run: (env) => {
      let last = env.host.clockNs(CLOCK_MONOTONIC);
      for (let i = 0; i < 1000; i++) {
        const now = env.host.clockNs(CLOCK_MONOTONIC);
        env.ok(now >= last, `${now} after ${last}`);
        last = now;
      }
    },
  },
  {
    name: 'clocks: a wait takes at least its timeout',
    run: (env) => {
      const start = env.now();
      env.pass(3e6);
      env.ok(env.now() - start >= 3e6, `${env.now() - start} ns passed in a poll of 3 ms`);
    },
  },
  {
    name: 'clocks: realtime and monotonic both advance during a wait',
    run: (env) => {
      const start = env.host.clockNs(CLOCK_REALTIME);
      env.pass(2e6);
      env.ok(env.host.clockNs(CLOCK_REALTIME) > start, 'realtime stood still');
      env.ok(start > 1e18, 'realtime counts from 1970');
    },
  },
  {
    name: 'clocks: an unknown clock is EINVAL',
    run: (env) => env.fails(env.host.clockNs(1000), EINVAL, 'clock 1000'),
  },
];
