import { expect, it } from 'vitest';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { Workers } from '../../src/thread/workers.ts';

it('a program that is missing is an error, and nobody waits for its thread', () => {
  const entry = new URL('file:///nowhere/thread-entry.js');
  const workers = new Workers({ host: new SimHost(), entry });
  const start = () => workers.start({ kind: 'plain', name: 'a', options: null });
  expect(start).toThrow(/\/nowhere\/thread-entry\.js is missing/);
  expect(workers.running).toEqual([]);
  workers.dispose();
});
