/** How long a context polls, as recorded: QEMU 7.2.22, and 11.0.50 without io_uring. */

import { expect, it } from 'vitest';
import { ReadyList } from '../../src/aio/handler.ts';
import { onSim } from '../support/rig.ts';

interface Vector {
  readonly qemu: '7.2' | '11';
  readonly name: string;
  /** Most ns, grow, shrink, weight. */
  readonly params: readonly [number, number, number, number];
  /** The handler that had an event, how long the poll took, and poll_ns behind it. */
  readonly polls: readonly (readonly [number, number, number])[];
}

const VECTORS: readonly Vector[] = [
  {
    qemu: '7.2',
    name: 'steady',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 5000, 4000],
      [0, 5000, 8000],
      [0, 5000, 8000],
      [0, 5000, 8000],
    ],
  },
  {
    qemu: '7.2',
    name: 'growing',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 1000, 4000],
      [0, 3000, 4000],
      [0, 9000, 8000],
      [0, 20000, 16000],
      [0, 30000, 32000],
      [0, 32000, 32000],
    ],
  },
  {
    qemu: '7.2',
    name: 'too long, then short again',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 8000, 4000],
      [0, 8000, 8000],
      [0, 8000, 8000],
      [0, 50000, 0],
      [0, 8000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
      [0, 1000, 4000],
    ],
  },
  {
    qemu: '7.2',
    name: 'grow 4, shrink 3',
    params: [32768, 4, 3, 0],
    polls: [
      [0, 2000, 4000],
      [0, 9000, 16000],
      [0, 30000, 32768],
      [0, 40000, 10922],
      [0, 2000, 10922],
      [0, 2000, 10922],
      [0, 2000, 10922],
      [0, 2000, 10922],
    ],
  },
  {
    qemu: '7.2',
    name: 'weight 1',
    params: [32768, 0, 0, 1],
    polls: [
      [0, 2000, 4000],
      [0, 9000, 8000],
      [0, 30000, 16000],
      [0, 40000, 0],
      [0, 2000, 4000],
      [0, 2000, 4000],
      [0, 2000, 4000],
      [0, 2000, 4000],
    ],
  },
  {
    qemu: '7.2',
    name: 'two handlers',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 3000, 4000],
      [1, 20000, 8000],
      [0, 3000, 8000],
      [0, 3000, 8000],
      [1, 20000, 16000],
      [0, 3000, 16000],
    ],
  },
  {
    qemu: '11',
    name: 'steady',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 5000, 5000],
      [0, 5000, 5000],
      [0, 5000, 5000],
      [0, 5000, 5000],
    ],
  },
  {
    qemu: '11',
    name: 'growing',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 1000, 1000],
      [0, 3000, 2000],
      [0, 9000, 4000],
      [0, 20000, 8000],
      [0, 30000, 8000],
      [0, 32000, 16000],
    ],
  },
  {
    qemu: '11',
    name: 'too long, then short again',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 8000, 8000],
      [0, 8000, 8000],
      [0, 8000, 8000],
      [0, 50000, 16000],
      [0, 8000, 16000],
      [0, 1000, 16000],
      [0, 1000, 16000],
      [0, 1000, 16000],
      [0, 1000, 8000],
      [0, 1000, 8000],
      [0, 1000, 8000],
      [0, 1000, 8000],
      [0, 1000, 8000],
    ],
  },
  {
    qemu: '11',
    name: 'grow 4, shrink 3',
    params: [32768, 4, 3, 0],
    polls: [
      [0, 2000, 2000],
      [0, 9000, 8000],
      [0, 30000, 8000],
      [0, 40000, 32000],
      [0, 2000, 10666],
      [0, 2000, 10666],
      [0, 2000, 10666],
      [0, 2000, 10666],
    ],
  },
  {
    qemu: '11',
    name: 'weight 1',
    params: [32768, 0, 0, 1],
    polls: [
      [0, 2000, 2000],
      [0, 9000, 5500],
      [0, 30000, 17750],
      [0, 40000, 32768],
      [0, 2000, 16384],
      [0, 2000, 16384],
      [0, 2000, 8192],
      [0, 2000, 4096],
    ],
  },
  {
    qemu: '11',
    name: 'two handlers',
    params: [32768, 0, 0, 0],
    polls: [
      [0, 3000, 3000],
      [1, 20000, 20000],
      [0, 3000, 32768],
      [0, 3200, 32768],
      [1, 20000, 32768],
      [0, 3000, 16384],
    ],
  },
];

it.each(VECTORS)('$name, QEMU $qemu', ({ qemu, params: [max, grow, shrink, weight], polls }) =>
  onSim((rig) => {
    const ctx = rig.context({ qemu });
    const { polling } = ctx;
    const handlers = [0, 1].map(() => {
      const fd = rig.eventfd();
      ctx.setFdHandler(fd, { ioRead: () => {}, ioPoll: () => false, ioPollReady: () => {} });
      const handler = ctx.handlers.get(fd)!;
      polling.add(handler, 0);
      return handler;
    });
    // 7.2 has no weight; its sequences say one that is not used.
    ctx.setPollParams(max, grow, shrink, qemu === '11' ? weight : 0);
    const found = polls.map(([which, tookNs]) => {
      const ready = new ReadyList();
      ready.add(handlers[which]!, 1);
      polling.adjust(tookNs, ready);
      if (ready.blockNs >= 0) polling.settle(ready.blockNs, ready.snapshot());
      return polling.pollNs;
    });
    expect(found).toEqual(polls.map(([, , pollNs]) => pollNs));
  })(),
);

it('a poll that finds nothing makes the averages of QEMU 11 older', () => {
  onSim((rig) => {
    const ctx = rig.context({ qemu: '11' });
    const fd = rig.eventfd();
    ctx.setFdHandler(fd, { ioRead: () => {}, ioPoll: () => false, ioPollReady: () => {} });
    const handler = ctx.handlers.get(fd)!;
    ctx.polling.add(handler, 0);
    ctx.setPollParams(32_768, 0, 0);
    ctx.polling.settle(5_000, [handler]);
    ctx.polling.adjust(1_000, new ReadyList());
    expect([handler.pollAverageNs, ctx.polling.pollNs]).toEqual([6_000, 5_000]);
  })();
});

it('a weight is for QEMU 11', () => {
  onSim((rig) => {
    expect(() => rig.context().setPollParams(1, 0, 0, 3)).toThrow('poll-weight: QEMU 7.2 has none');
  })();
});
