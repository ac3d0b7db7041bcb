import { expect, it } from 'vitest';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { O_CLOEXEC } from '../../src/host/constants.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { follow } from './origins.ts';

it('names what is left, with the stack that took it', () => {
  const host = new SimHost();
  const origins = follow(host);
  const notifier = new EventNotifier(host);
  const listener = host.onClose(() => {});
  expect(origins.left).toMatch(
    /^descriptor \d+, taken\n.*new EventNotifier.*\n[\s\S]*origins\.test\.ts/,
  );
  expect(origins.left).toMatch(/a close listener, taken\n.*origins\.test\.ts/);
  notifier.dispose();
  listener.dispose();
  expect(origins.left).toBe('');
});

it('follows both ends of a pipe', () => {
  const host = new SimHost();
  const origins = follow(host);
  const ends = [-1, -1];
  host.pipe2(ends, O_CLOEXEC);
  host.close(ends[0]!);
  expect(origins.left).toMatch(new RegExp(`^descriptor ${ends[1]}, taken`));
  host.close(ends[1]!);
  expect(origins.left).toBe('');
});
