import { afterEach, describe, expect, it } from 'vitest';
import { CLOCK_MONOTONIC, EPOLL_CTL_ADD, O_CLOEXEC, POLLIN } from '../../src/host/constants.ts';
import { EINVAL } from '../../src/host/errno.ts';
import { c } from '../../src/host/linux/libc.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { loopCalls } from '../../src/host/linux/machine/calls.ts';
import { LinuxBuffer } from '../../src/host/linux/memory.ts';
import { LinuxPoll } from '../../src/host/linux/poll.ts';

const host = new LinuxHost();
const fds: number[] = [];

function own(fd: number): number {
  fds.push(fd);
  return fd;
}

afterEach(() => {
  for (const fd of fds.splice(0)) host.close(fd);
});

describe('LinuxPoll.epollWait', () => {
  it('waits in whole ms, rounded up, if the kernel has no epoll_pwait2', () => {
    // No kernel has a call of this number.
    const poller = new LinuxPoll(loopCalls(), () => c.syscall(0xffff, 0, 0, 0, 0, 0, 0));
    const epfd = own(host.epollCreate1(O_CLOEXEC));
    const start = host.clockNs(CLOCK_MONOTONIC);
    expect(poller.epollWait(epfd, host.alloc(256), 4, 1_000_001)).toBe(0);
    expect(host.clockNs(CLOCK_MONOTONIC) - start).toBeGreaterThanOrEqual(1_900_000);
    const event = own(host.eventfd(1, O_CLOEXEC));
    host.epollCtl(epfd, EPOLL_CTL_ADD, event, POLLIN, 0);
    expect(poller.epollWait(epfd, host.alloc(256), 4, 1e9)).toBe(1);
  });

  it('refuses more events than the buffer holds', () => {
    const epfd = own(host.epollCreate1(O_CLOEXEC));
    expect(host.epollWait(epfd, host.alloc(16), 2, 0)).toBe(-EINVAL);
  });
});

describe('LinuxPoll in slices, for a Worker', () => {
  /** Calls that sleep for nothing twice, and then find something. */
  function thirdTime() {
    const slept: number[] = [];
    const sleep = (...args: readonly number[]): number => {
      slept.push(args.at(-1)!);
      return slept.length === 3 ? 1 : 0;
    };
    const poller = new LinuxPoll({ ...loopCalls(), poll: sleep, epollWait: sleep });
    return { poller, slept };
  }

  it.each(['poll', 'epollWait'] as const)('%s comes back to JavaScript each second', (call) => {
    const { poller, slept } = thirdTime();
    const sleep = (timeoutNs: number): number =>
      call === 'poll'
        ? poller.poll(host.alloc(8), 1, timeoutNs)
        : poller.epollWait(0, host.alloc(16), 1, timeoutNs);
    expect([sleep(-1), slept]).toEqual([0, [-1]]);
    poller.inSlices = true;
    expect([sleep(-1), slept]).toEqual([1, [-1, 1000, 1000]]);
  });

  it.each(['poll', 'epollWait'] as const)('%s ends at its timeout', (call) => {
    const { poller, slept } = thirdTime();
    poller.inSlices = true;
    const ret =
      call === 'poll'
        ? poller.poll(host.alloc(8), 1, 1e9)
        : poller.epollWait(0, host.alloc(16), 1, 1e9);
    expect([ret, slept]).toEqual([0, [1000]]);
  });
});

describe('LinuxBuffer', () => {
  it('is at its address, in all three views', () => {
    const [a, b] = [new LinuxBuffer(16), new LinuxBuffer(16)];
    const out: number[] = [];
    host.pipe2(out, O_CLOEXEC);
    own(out[0]!);
    own(out[1]!);
    a.i32[1] = 0x04030201;
    expect(host.write(out[1]!, a, 4, 4)).toBe(4);
    expect(host.read(out[0]!, b, 8, 4)).toBe(4);
    expect([...b.u8.subarray(8, 12)]).toEqual([1, 2, 3, 4]);
    expect(b.view.getUint32(8, true)).toBe(0x04030201);
  });

  it('throws if there is no memory', () => {
    expect(() => host.alloc(2 ** 52)).toThrow(RangeError);
  });
});
