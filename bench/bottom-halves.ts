import { AioContext, LinuxHost } from '../src/index.ts';
import { nodeLoop, op } from './measure.ts';
import type { Row } from './row.ts';

const host = new LinuxHost();
/** Number of bottom halves, not of polls, for the C rows. */
const OPERATIONS = 300_000;

/** Schedules count bottom halves, and runs them by one poll. Measures the time for each. */
export function bottomHalves(count: number): Row {
  const ctx = new AioContext({ host });
  // One callback for all of them, as in bench/c/qemu.c.
  const nothing = (): void => {};
  const bhs = Array.from({ length: count }, (_, i) => ctx.newBottomHalf(`bench ${i}`, nothing));
  const many = count.toLocaleString('en');
  return {
    name: count === 1 ? '1 bottom half, one aio_poll' : `${many} bottom halves, one aio_poll, each`,
    limit: count > 1_000 ? 'memory: more than the cache holds' : 'V8’s code: no system call',
    qemu: { row: count === 1 ? 'bh' : `bh-${count}`, count: OPERATIONS },
    glib: { row: `idles-${count}`, count: OPERATIONS },
    ours: op(() => {
      for (let i = 0; i < bhs.length; i++) bhs[i]!.schedule();
      ctx.poll(true);
    }, count),
    node: immediates(count),
    close: () => ctx.close(),
  };
}

function immediates(at: number): Row['node'] {
  return nodeLoop(200_000, (count, done) => {
    let left = count;
    const callback = (): void => {
      if (--left === 0) done();
      else if (left % at === 0) schedule();
    };
    const schedule = (): void => {
      for (let i = 0; i < at; i++) setImmediate(callback);
    };
    schedule();
  });
}
