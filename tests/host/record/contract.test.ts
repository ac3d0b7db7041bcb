/** Every call of the contract, recorded and replayed, on both hosts. */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { HOST_CALL_NAMES, HOST_READINGS } from '../../../src/host/calls.ts';
import { F_GETFD } from '../../../src/host/constants.ts';
import type { Host } from '../../../src/host/host.ts';
import { KeptHost } from '../../../src/host/record/kept-host.ts';
import { RecordHost } from '../../../src/host/record/record-host.ts';
import { ReplayHost } from '../../../src/host/record/replay-host.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { cases } from '../../host-contract/cases/index.ts';
import type { ContractSubject } from '../../host-contract/contract.ts';
import { type Ended, runAlone } from '../own-process.ts';
import { type Recorded, recordCase } from './contract-cases.ts';

const FILE = '/tmp/file';

function subjectOf(sim: SimHost): (host: Host) => ContractSubject {
  return (host) => {
    const programs = host instanceof ReplayHost ? new SimHost() : sim;
    return {
      host,
      program: (behaviour) => programs.program(behaviour),
      file: FILE,
      removeFile: () => programs.unlink(FILE),
      openFds: () => Array.from({ length: 256 }, (_, fd) => fd).filter((fd) => isOpen(sim, fd)),
    };
  };
}

function isOpen(sim: SimHost, fd: number): boolean {
  return sim.fcntl(fd, F_GETFD, 0) >= 0;
}

describe('on the simulated host', () => {
  it.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const sim = new SimHost();
    expect(recordCase(one, sim, subjectOf(sim)).problem).toBeNull();
  });
});

describe('on the real host', () => {
  let ended: Ended;
  const results = new Map<string, Recorded>();

  beforeAll(async () => {
    ended = await runAlone(join(import.meta.dirname, 'linux-runner.ts'));
    for (const line of ended.stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const result = JSON.parse(line) as Recorded;
      results.set(result.name, result);
    }
  });

  it('the runner succeeds', () => {
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  });

  it.each(cases.map(({ name }) => name))('%s', (name) => {
    expect(results.get(name)).toMatchObject({ name, problem: null });
  });
});

describe('the table of calls', () => {
  // The base of both allocates, and makes spawnAll of single calls.
  const BASE = ['alloc', 'allocShared', 'attach', 'spawnAll', 'dispose'];
  const NAMES = HOST_CALL_NAMES.filter((name) => !BASE.includes(name));

  it.each([
    ['RecordHost', RecordHost],
    ['ReplayHost', ReplayHost],
  ])('%s has a method of its own for each call', (_name, made) => {
    const own = [made, KeptHost].flatMap((one) => Object.getOwnPropertyNames(one.prototype));
    expect(NAMES.filter((name) => !own.includes(name))).toEqual([]);
  });

  it('has one reading, which comes with its clock', () => {
    expect(HOST_READINGS).toEqual(['clockRestNs']);
  });
});
