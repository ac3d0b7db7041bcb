/** A lens that changes nothing behaves as the host it wraps: the same contract, through each lens. */

import { describe, expect, it } from 'vitest';
import { F_GETFD } from '../../src/host/constants.ts';
import type { Host } from '../../src/host/host.ts';
import { CappedHost } from '../../src/host/lenses/capped.ts';
import { FaultHost } from '../../src/host/lenses/faults.ts';
import { TimedHost } from '../../src/host/lenses/timed.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { cases } from './cases/index.ts';
import { type ContractSubject, runCase } from './contract.ts';

const FILE = '/tmp/file';
const FDS = 256;
const HOUR_NS = 3600e9;

function subject(wrap: (host: SimHost) => Host): ContractSubject {
  const sim = new SimHost();
  return {
    host: wrap(sim),
    program: (behaviour) => sim.program(behaviour),
    file: FILE,
    removeFile: () => sim.unlink(FILE),
    openFds: () =>
      Array.from({ length: FDS }, (_, fd) => fd).filter((fd) => sim.fcntl(fd, F_GETFD, 0) >= 0),
  };
}

const lenses: readonly (readonly [string, (host: SimHost) => Host])[] = [
  ['faults that are used up', (host) => armed(new FaultHost(host))],
  [
    'a limit that is far away',
    (host) => {
      const world = {
        nowNs: () => host.nowNs,
        nextLookNs: () => Number.POSITIVE_INFINITY,
        isDeadlock: () => false,
      };
      const capped = new CappedHost(host, world, () => {});
      capped.limit = { endNs: host.nowNs + HOUR_NS, isIdle: () => false };
      return capped;
    },
  ],
];

function armed(host: FaultHost): FaultHost {
  host.add([{ call: 'read', error: 4, after: 0, times: 0 }]);
  host.active = true;
  return host;
}

describe.each(lenses)('the host contract through %s', (_name, wrap) => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_case, one) => {
    expect(runCase(subject(wrap), one).problem).toBeUndefined();
  });
});

describe('the host contract through a timeline', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_case, one) => {
    const wrap = (host: SimHost): Host => {
      const timed = new TimedHost(host);
      timed.at(host.nowNs + HOUR_NS, () => {});
      return timed;
    };
    expect(runCase(subject(wrap), one).problem).toBeUndefined();
  });
});
