/** How many bytes of a record an iteration takes. */

import { expect, test } from 'vitest';
import { EventNotifier } from '../../../src/aio/event-notifier.ts';
import { RecordHost } from '../../../src/host/record/record-host.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';

const ITERATIONS = 10_000;

function bytesOfIteration(kicks: boolean): number {
  let bytes = 0;
  const host = new RecordHost(new SimHost(), (piece) => {
    bytes += piece.length;
  });
  const loop = new MainLoop({ host });
  const notifier = new EventNotifier(host);
  loop.context.setEventNotifier(notifier, { ioRead: () => void notifier.testAndClear() });
  loop.mainLoopWait(true);
  host.flush();
  bytes = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    if (kicks) notifier.set();
    loop.mainLoopWait(true);
  }
  host.flush();
  return bytes / ITERATIONS;
}

test('an idle iteration takes 2 bytes, one with an event at most 10', () => {
  expect(bytesOfIteration(false)).toBeLessThan(2.01);
  expect(bytesOfIteration(true)).toBeLessThanOrEqual(10);
});
