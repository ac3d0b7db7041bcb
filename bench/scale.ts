import { bottomHalves } from './bottom-halves.ts';
import { idleAioPoll, idleMainLoop, idleRing } from './idle.ts';
import type { Row, Section } from './row.ts';
import { arm, del, expire, rearm } from './timers.ts';

const FDS = [1, 10, 100, 1_000, 5_000, 10_000];
const TIMERS = [10, 1_000, 10_000, 100_000, 1_000_000];
const BOTTOM_HALVES = [1, 10, 1_000, 100_000];

function over(counts: readonly number[], make: (count: number) => Row): (() => Row)[] {
  return counts.map((count) => () => make(count));
}

export const scale: Section = {
  name: 'scale',
  about: 'what grows, and what must not',
  rows: [
    ...over(FDS, idleMainLoop),
    ...over([10, 1_000], idleRing),
    ...over(FDS, idleAioPoll),
    ...over(BOTTOM_HALVES, bottomHalves),
    ...[rearm, arm, del, expire].flatMap((make) => over(TIMERS, make)),
  ],
  notes: () => [
    'plain C is ppoll for main_loop_wait, as QEMU does it, and epoll_wait for aio_poll',
    'GLib keeps timeouts in no order: arming one is a write to its eventfd, and each iteration looks at all',
  ],
};
