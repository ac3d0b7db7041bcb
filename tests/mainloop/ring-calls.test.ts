/** The system calls of a main loop that waits by io_uring on the real kernel. */

import { expect, test } from 'vitest';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { CLOCK_MONOTONIC } from '../../src/host/constants.ts';
import type { HostBuffer } from '../../src/host/host.ts';
import { HostLens } from '../../src/host/lenses/lens.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { hasRing } from '../support/ring.ts';

class CountsPolls extends HostLens {
  polls: number[] = [];

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    this.polls.push(timeoutNs);
    return super.poll(fds, nfds, timeoutNs);
  }
}

const name = 'completions are looked for in memory, and only a sleep is a poll';
test.skipIf(!hasRing())(hasRing() ? name : `${name}: io_uring is forbidden here`, () => {
  const own = new LinuxHost();
  const host = new CountsPolls(own);
  const loop = new MainLoop({ host, qemu: '11', fdmon: 'io_uring' });
  const [one, other] = [new EventNotifier(host), new EventNotifier(host)];
  let called = 0;
  loop.setFdHandler(one.fd, {
    ioRead: () => {
      called += Number(one.testAndClear());
    },
  });
  loop.setFdHandler(other.fd, { ioRead: () => {} });
  // The first iterations arm the requests.
  for (let i = 0; i < 3; i++) loop.mainLoopWait(true);
  host.polls = [];
  for (let i = 1; i <= 5; i++) {
    one.set();
    while (called < i) loop.mainLoopWait(false);
  }
  expect(host.polls).toEqual([]);
  loop.mainLoopWait(true);
  expect(host.polls).toEqual([]);
  // With nothing to do it sleeps in the kernel, unless the machine was late and the timer is due already.
  const timer = loop.timers.newTimer(0, 't', () => {});
  for (let i = 0; i < 1000 && host.polls.length === 0; i++) {
    timer.modNs(host.clockNs(CLOCK_MONOTONIC) + 1e6);
    while (timer.pending) loop.mainLoopWait(false);
  }
  expect(host.polls.length).toBeGreaterThan(0);
  expect(host.polls.every((timeoutNs) => timeoutNs > 0)).toBe(true);
  loop.close();
  for (const notifier of [one, other]) notifier.dispose();
  own.dispose();
});
