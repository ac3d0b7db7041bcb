/** The contract of all hosts, as a simulated thread other than main keeps it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { cases } from '../../host-contract/cases/index.ts';
import type { CaseResult } from '../../host-contract/contract.ts';
import { Crew } from './crew.ts';
import { newShared } from './shared.ts';

let crew: Crew;
let results: CaseResult[];

beforeAll(async () => {
  crew = await new Crew().load();
  const host = new SimHost();
  const said = crew.message();
  crew.start(host, 'contract', newShared());
  // Main sleeps for as long as the cases take in the simulated kernel.
  host.poll(host.alloc(8), 0, 1e15);
  host.dispose();
  results = (await said) as CaseResult[];
});

afterAll(async () => {
  await crew.dispose();
  expect(crew.errors).toEqual([]);
});

describe('the host contract in a second thread', () => {
  it.each(cases.map(({ name }) => name))('%s', (name) => {
    expect(results.find((result) => result.name === name)?.problem).toBeUndefined();
  });
});
