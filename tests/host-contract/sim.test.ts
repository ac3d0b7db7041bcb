/** The contract, on the simulated host: the same cases as on the real kernel. */
import { describe, expect, it } from 'vitest';
import { F_GETFD } from '../../src/host/constants.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { cases } from './cases/index.ts';
import { type ContractSubject, runCase } from './contract.ts';

const FILE = '/tmp/file';
/** Higher than any descriptor that a case gets. */
const FDS = 256;

function simSubject(): ContractSubject {
  const host = new SimHost();
  return {
    host,
    program: (behaviour) => host.program(behaviour),
    file: FILE,
    removeFile: () => host.unlink(FILE),
    openFds: () =>
      Array.from({ length: FDS }, (_, fd) => fd).filter((fd) => host.fcntl(fd, F_GETFD, 0) >= 0),
  };
}

describe('the host contract on the simulated host', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    expect(runCase(simSubject(), one).problem).toBeUndefined();
  });

  it('holds when all cases run on one host, one after the other', () => {
    const subject = simSubject();
    const failed = cases.map((one) => runCase(subject, one)).filter(({ ok }) => !ok);
    expect(failed).toEqual([]);
  });
});
