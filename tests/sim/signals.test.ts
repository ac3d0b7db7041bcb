import { describe, expect, it } from 'vitest';
import {
  O_NONBLOCK,
  SA_RESETHAND,
  SA_RESTART,
  SIG_DFL,
  SIGCHLD,
  SIGCONT,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGUSR1,
  SIGWINCH,
  WEXITED,
} from '../../src/host/constants.ts';
import { EINTR, EPIPE } from '../../src/host/errno.ts';
import { newSigAction, newWaitResult } from '../../src/host/host.ts';
import { SimDeadlockError } from '../../src/host/sim/clock.ts';
import { SimFatalSignalError } from '../../src/host/sim/signals.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

function handle(host: SimHost, signo: number, flags: number): void {
  const act = { ...newSigAction(), handler: host.handlerAddress, flags };
  expect(host.sigaction(signo, act, null)).toBe(0);
}

describe('a signal that is not blocked', () => {
  it('interrupts a wait when it has a handler', () => {
    const host = new SimHost({ startNs: 0 });
    handle(host, SIGUSR1, SA_RESTART);
    host.at(100, () => host.kill(host.getpid(), SIGUSR1));
    expect(host.poll(host.alloc(8), 0, 1e9)).toBe(-EINTR);
    expect(host.nowNs).toBe(101);
    host.at(200, () => host.kill(host.getpid(), SIGUSR1));
    expect(host.epollWait(host.epollCreate1(0), host.alloc(12), 1, -1)).toBe(-EINTR);
    expect(host.nowNs).toBe(201);
  });

  it('interrupts a read unless the handler has SA_RESTART', () => {
    const host = new SimHost({ startNs: 0 });
    const fd = host.eventfd(0, 0);
    const buf = host.alloc(8);
    buf.i32[0] = 5;
    handle(host, SIGUSR1, 0);
    host.at(100, () => host.kill(host.getpid(), SIGUSR1));
    expect(host.read(fd, buf, 0, 8)).toBe(-EINTR);
    handle(host, SIGUSR1, SA_RESTART);
    host.at(200, () => host.kill(host.getpid(), SIGUSR1));
    host.at(300, () => host.write(fd, buf, 0, 8));
    expect(host.read(fd, buf, 0, 8)).toBe(8);
    expect(host.nowNs).toBe(301);
  });

  it('interrupts a wait for a child', () => {
    const host = new SimHost({ startNs: 0 });
    const pid = host.spawn(host.program({ afterNs: 1000 }));
    handle(host, SIGUSR1, 0);
    host.at(100, () => host.raise(SIGUSR1));
    expect(host.waitid(1, pid, WEXITED, newWaitResult())).toBe(-EINTR);
    expect(host.waitid(1, pid, WEXITED, newWaitResult())).toBe(0);
  });

  it('does not interrupt later calls', () => {
    const host = new SimHost();
    handle(host, SIGUSR1, 0);
    host.raise(SIGUSR1);
    expect(host.poll(host.alloc(8), 0, 10)).toBe(0);
  });

  it('is dropped when it is ignored, and wakes nobody', () => {
    const host = new SimHost();
    host.at(host.nowNs + 10, () => host.kill(host.getpid(), SIGWINCH));
    expect(() => host.poll(host.alloc(8), 0, -1)).toThrow(SimDeadlockError);
    expect(host.pendingSignals()).toEqual([]);
  });

  it('would kill or stop the process by default: an error that says so', () => {
    const host = new SimHost();
    expect(() => host.raise(SIGTERM)).toThrow(SimFatalSignalError);
    expect(() => host.kill(host.getpid(), SIGTERM)).toThrow(/would kill the simulated process/);
    expect(() => host.raise(SIGSTOP)).toThrow(/would stop the simulated process/);
    const token = host.blockSignals([SIGTERM]);
    expect(host.raise(SIGTERM)).toBe(0);
    expect(() => host.restoreSignalMask(token as never)).toThrow(/signal 15 /);
  });

  it('is back at its default after one call with SA_RESETHAND', () => {
    const host = new SimHost();
    const now = newSigAction();
    handle(host, SIGUSR1, SA_RESETHAND);
    host.raise(SIGUSR1);
    host.sigaction(SIGUSR1, null, now);
    expect(now.handler).toBe(SIG_DFL);
    expect(() => host.raise(SIGUSR1)).toThrow(SimFatalSignalError);
  });

  it('SIGPIPE is ignored from the start, as in a Node process', () => {
    const host = new SimHost();
    const ends: number[] = [];
    host.pipe2(ends, 0);
    host.close(ends[0]!);
    expect(host.write(ends[1]!, host.alloc(8), 0, 1)).toBe(-EPIPE);
  });
});

describe('stop and continue', () => {
  it('drop each other while they are pending', () => {
    const host = new SimHost();
    host.blockSignals([SIGCONT, SIGTSTP]);
    host.raise(SIGCONT);
    host.kill(host.getpid(), SIGTSTP);
    expect(host.pendingSignals()).toEqual([SIGTSTP]);
    host.raise(SIGCONT);
    expect(host.pendingSignals()).toEqual([SIGCONT]);
  });
});

describe('a signalfd that blocks', () => {
  it('gives the record of the child that dies while it waits', () => {
    const host = new SimHost({ startNs: 0 });
    const buf = host.alloc(1024);
    host.blockSignals([SIGCHLD]);
    const fd = host.signalfd(-1, [SIGCHLD], 0);
    const startNs = host.nowNs;
    const pid = host.spawn(host.program({ afterNs: 1000 }));
    expect(host.read(fd, buf, 0, 1024)).toBe(128);
    expect([buf.i32[0], buf.i32[3]]).toEqual([SIGCHLD, pid]);
    expect(host.nowNs - startNs).toBe(1001);
  });

  it('passes 10,000 real-time signals in order', () => {
    const host = new SimHost();
    const buf = host.alloc(128);
    host.blockSignals([40]);
    const fd = host.signalfd(-1, [40], O_NONBLOCK);
    for (let i = 0; i < 10_000; i++) host.sigqueue(host.getpid(), 40, i);
    for (let i = 0; i < 10_000; i++) {
      host.read(fd, buf, 0, 128);
      expect(buf.i32[11]).toBe(i);
    }
    expect(host.pendingSignals()).toEqual([]);
  });
});
