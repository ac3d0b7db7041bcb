import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IDLE, Process } from '../../src/host/sim/process.ts';
import { WaitQueue } from '../../src/host/sim/wait-queue.ts';

const nobody = { act: () => {}, wake: () => {} };

it('gives the first born with news, whichever are reaped in between', () => {
  const step = fc.record({
    child: fc.nat(30),
    act: fc.constantFrom('end', 'stop', 'reap', 'tell'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const queue = new WaitQueue();
      const children = Array.from({ length: 31 }, (_, i) => new Process(nobody, i, IDLE, null));
      for (const child of children) queue.adopted(child);
      for (const { child: at, act } of steps) {
        const child = children[at]!;
        if (act === 'end' && child.alive) {
          child.state = 'zombie';
          queue.changed(child);
        } else if (act === 'stop' && child.alive) {
          child.stoppedBy = 19;
          queue.changed(child);
        } else if (act === 'tell') {
          child.stoppedBy = 0;
        } else if (act === 'reap' && child.state === 'zombie') {
          child.state = 'reaped';
          child.stoppedBy = 0;
          queue.reaped(child);
        }
        const ended = children.find(({ state }) => state === 'zombie');
        const any = children.find((c) => c.state === 'zombie' || c.stoppedBy !== 0);
        expect(queue.first(({ state }) => state === 'zombie')?.pid).toBe(ended?.pid);
        expect(queue.first(() => true)?.pid).toBe(any?.pid);
      }
    }),
  );
});
