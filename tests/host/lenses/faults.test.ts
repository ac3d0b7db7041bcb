/** FaultHost: which calls fail, how, and how often. */

import { describe, expect, it } from 'vitest';
import {
  EPOLL_CTL_ADD,
  O_CLOEXEC,
  O_NONBLOCK,
  P_ALL,
  P_PID,
  POLLIN,
  WEXITED,
  WNOHANG,
} from '../../../src/host/constants.ts';
import { EAGAIN, ECHILD, EINTR, EMFILE, ENOMEM } from '../../../src/host/errno.ts';
import { newWaitResult } from '../../../src/host/host.ts';
import { type Fault, FaultHost } from '../../../src/host/lenses/faults.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

function make(...faults: Fault[]) {
  const sim = new SimHost();
  const host = new FaultHost(sim);
  host.add(faults);
  host.active = true;
  const ends = [-1, -1];
  sim.pipe2(ends, O_CLOEXEC | O_NONBLOCK);
  const buffer = sim.alloc(256);
  const [rfd, wfd] = ends as [number, number];
  const read = (): number => host.read(rfd, buffer, 0, 16);
  return { sim, host, rfd, wfd, buffer, read };
}

describe('faults', () => {
  it('fail the next calls after others, then no more', () => {
    const { sim, wfd, buffer, read } = make({ call: 'read', error: EINTR, after: 1, times: 2 });
    sim.write(wfd, buffer, 0, 64);
    expect([read(), read(), read(), read(), read()]).toEqual([16, -EINTR, -EINTR, 16, 16]);
  });

  it('take their turn if several are due', () => {
    const { read } = make(
      { call: 'read', error: EINTR, after: 0, times: 2 },
      { call: 'read', error: ENOMEM, after: 2, times: 1 },
    );
    expect([read(), read(), read(), read()]).toEqual([-EINTR, -EINTR, -ENOMEM, -EAGAIN]);
  });

  it('leave alone calls that they do not name, and all calls while inactive', () => {
    const { host, rfd, wfd, buffer, read } = make({
      call: 'read',
      error: EINTR,
      after: 0,
      times: 1,
      on: (fd) => fd === -7,
    });
    expect(read()).toBe(-EAGAIN);
    host.add([{ call: 'write', error: EAGAIN, after: 0, times: 1, on: (fd) => fd === wfd }]);
    host.active = false;
    expect(host.write(wfd, buffer, 0, 8)).toBe(8);
    host.active = true;
    expect(host.write(wfd, buffer, 0, 8)).toBe(-EAGAIN);
    expect(host.read(rfd, buffer, 0, 8)).toBe(8);
  });

  it('make reads and writes short', () => {
    const { host, rfd, wfd, buffer } = make(
      { call: 'read', short: 3, after: 0, times: 1 },
      { call: 'write', short: 5, after: 0, times: 1 },
    );
    expect(host.write(wfd, buffer, 0, 8)).toBe(5);
    expect([host.read(rfd, buffer, 0, 8), host.read(rfd, buffer, 0, 8)]).toEqual([3, 2]);
  });

  it('make short a read that returns all or nothing', () => {
    const { sim, host, buffer } = make({ call: 'read', short: 4, after: 0, times: 1 });
    const fd = sim.eventfd(1, O_NONBLOCK);
    expect([host.read(fd, buffer, 0, 8), host.read(fd, buffer, 0, 8)]).toEqual([4, -EAGAIN]);
  });

  it('tell which of them have acted', () => {
    const { sim, host, buffer } = make(
      { call: 'read', error: EINTR, after: 1, times: 1 },
      { call: 'write', error: EINTR, after: 0, times: 1 },
      { call: 'read', error: EINTR, after: 9, times: 2 },
    );
    const fd = sim.eventfd(1, O_NONBLOCK);
    host.read(fd, buffer, 0, 8);
    expect(host.acted).toEqual([false, false, false]);
    host.read(fd, buffer, 0, 8);
    expect(host.acted).toEqual([true, false, false]);
  });

  it('also apply to poll, spawn, waitpid and epoll_ctl', () => {
    const request = { file: '/sim/1', argv: ['x'] };
    const { sim, host, rfd, buffer } = make(
      { call: 'poll', error: EINTR, after: 0, times: 2 },
      { call: 'spawn', error: EMFILE, after: 0, times: 1, onSpawn: (asked) => asked === request },
      { call: 'waitpid', error: ECHILD, after: 0, times: 1, on: (pid) => pid === 1001 },
      { call: 'epoll_ctl', error: ENOMEM, after: 0, times: 1, on: (fd) => fd === rfd },
    );
    const epfd = sim.epollCreate1(0);
    const program = sim.program({ exit: 0 } as object);
    expect(host.poll(buffer, 0, 0)).toBe(-EINTR);
    expect(host.epollWait(epfd, buffer, 8, 0)).toBe(-EINTR);
    expect(host.spawn(request)).toBe(-EMFILE);
    const pid = host.spawn(program);
    expect(pid).toBe(1001);
    const out = newWaitResult();
    expect(host.waitid(P_ALL, 0, WEXITED | WNOHANG, out)).toBe(0);
    expect(host.waitid(P_PID, pid, WEXITED | WNOHANG, out)).toBe(-ECHILD);
    expect(host.waitid(P_PID, pid, WEXITED | WNOHANG, out)).toBe(0);
    expect(host.epollCtl(epfd, EPOLL_CTL_ADD, rfd, POLLIN, 0)).toBe(-ENOMEM);
    expect(host.epollCtl(epfd, EPOLL_CTL_ADD, rfd, POLLIN, 0)).toBe(0);
  });
});
