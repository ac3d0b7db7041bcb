import { describe, expect, it } from 'vitest';
import type { ChildBehaviour } from '../../src/host/behaviour.ts';
import {
  CLD_CONTINUED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  O_CLOEXEC,
  O_NONBLOCK,
  P_ALL,
  P_PID,
  P_PIDFD,
  POLLIN,
  PR_SET_CHILD_SUBREAPER,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGKILL,
  SIGPIPE,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WSTOPPED,
} from '../../src/host/constants.ts';
import { EAGAIN, ECHILD, ENOENT } from '../../src/host/errno.ts';
import { newWaitResult, type SpawnRequest } from '../../src/host/host.ts';
import { SimDeadlockError } from '../../src/host/sim/clock.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

const MS = 1e6;

class Room {
  readonly host = new SimHost({ startNs: 0 });
  readonly out = newWaitResult();
  readonly buf = this.host.alloc(1 << 18);

  spawn(behaviour: ChildBehaviour, more: Partial<SpawnRequest> = {}): number {
    const pid = this.host.spawn({ ...this.host.program(behaviour), ...more });
    expect(pid).toBeGreaterThan(0);
    return pid;
  }

  /** The result of a wait for any child: pid, code and status. */
  wait(options = WEXITED, idtype = P_ALL, id = 0): number[] | number {
    const result = this.host.waitid(idtype, id, options, this.out);
    return result < 0 ? result : [this.out.pid, this.out.code, this.out.status];
  }

  pipe(flags = O_CLOEXEC): [number, number] {
    const ends: number[] = [];
    expect(this.host.pipe2(ends, flags)).toBe(0);
    return [ends[0]!, ends[1]!];
  }
}

describe('a child', () => {
  it('is numbered from 1001, ends at its time, and its death is known', () => {
    const room = new Room();
    const late = room.spawn({ afterNs: 20 * MS, then: { exit: 300 } });
    const soon = room.spawn({ afterNs: 5 * MS, then: { signal: SIGTERM } });
    expect([room.host.getpid(), late, soon]).toEqual([1000, 1001, 1002]);
    expect(room.host.deathNs(soon)).toBe(-1);
    expect(room.wait()).toEqual([soon, CLD_KILLED, SIGTERM]);
    expect(room.host.deathNs(soon)).toBe(5 * MS + 1);
    expect(room.wait()).toEqual([late, CLD_EXITED, 300 & 0xff]);
    expect(room.host.deathNs(late)).toBe(20 * MS);
    expect(room.wait()).toBe(-ECHILD);
  });

  it('keeps a wait alive if it has an end to come, not otherwise', () => {
    const room = new Room();
    const pid = room.spawn({});
    expect(room.wait(WEXITED | WNOHANG)).toEqual([0, 0, 0]);
    expect(() => room.wait()).toThrow(SimDeadlockError);
    room.host.at(7 * MS, () => room.host.kill(pid, SIGKILL));
    expect(room.host.nextEventNs()).toBe(7 * MS);
    expect(room.wait()).toEqual([pid, CLD_KILLED, SIGKILL]);
    expect(room.host.nextEventNs()).toBe(-1);
  });

  it('has no more events once it is killed', () => {
    const room = new Room();
    const pid = room.spawn({ afterNs: 9 * MS });
    expect(room.host.nextEventNs()).toBe(9 * MS);
    room.host.kill(pid, SIGKILL);
    expect(room.host.nextEventNs()).toBe(-1);
  });

  it('that is stopped past its end ends when it is continued', () => {
    const room = new Room();
    const pid = room.spawn({ afterNs: 5 * MS, then: { exit: 1 } });
    room.host.kill(pid, SIGSTOP);
    room.host.advance(50 * MS);
    expect(room.host.processes()).toEqual([{ pid, ppid: 1000, pgid: 1000, state: 'stopped' }]);
    expect(room.wait(WEXITED | WSTOPPED)).toEqual([pid, CLD_STOPPED, SIGSTOP]);
    room.host.kill(pid, SIGCONT);
    expect(room.wait()).toEqual([pid, CLD_EXITED, 1]);
    expect(room.host.deathNs(pid)).toBeGreaterThan(50 * MS);
  });

  it('that stops itself lives on when it is continued', () => {
    const room = new Room();
    const pid = room.spawn({ afterNs: MS, then: { stop: true } });
    expect(room.wait(WSTOPPED)).toEqual([pid, CLD_STOPPED, SIGSTOP]);
    room.host.kill(pid, SIGCONT);
    expect(room.wait(WCONTINUED)).toEqual([pid, CLD_CONTINUED, SIGCONT]);
    expect(room.wait(WEXITED | WNOHANG)).toEqual([0, 0, 0]);
    room.host.kill(pid, SIGTERM);
    expect(room.wait()).toEqual([pid, CLD_KILLED, SIGTERM]);
  });

  it('holds a signal back while it is stopped, and dies of it when continued', () => {
    const room = new Room();
    const pid = room.spawn({});
    room.host.kill(pid, SIGSTOP);
    room.host.kill(pid, SIGTERM);
    expect(room.wait(WSTOPPED)).toEqual([pid, CLD_STOPPED, SIGSTOP]);
    expect(room.wait(WEXITED | WNOHANG)).toEqual([0, 0, 0]);
    room.host.kill(pid, SIGCONT);
    expect(room.wait()).toEqual([pid, CLD_KILLED, SIGTERM]);
  });

  it('whose signal is ignored comes to its own end', () => {
    const room = new Room();
    const pid = room.spawn({ ignore: [SIGTERM], then: { signal: SIGTERM } });
    expect(room.wait()).toEqual([pid, CLD_EXITED, 0]);
  });

  it('starts with ignoreSignals ignored', () => {
    const room = new Room();
    const pid = room.spawn({}, { ignoreSignals: [SIGHUP] });
    room.host.kill(pid, SIGHUP);
    room.host.kill(pid, SIGTERM);
    expect(room.wait()).toEqual([pid, CLD_KILLED, SIGTERM]);
  });

  it('alone in its session is not stopped by a terminal', () => {
    const room = new Room();
    const pid = room.spawn({}, { setsid: true });
    const member = room.spawn({}, { pgroup: 0 });
    room.host.kill(pid, SIGTSTP);
    room.host.kill(member, SIGTSTP);
    expect(room.wait(WSTOPPED)).toEqual([member, CLD_STOPPED, SIGTSTP]);
    expect(room.wait(WSTOPPED | WNOHANG)).toEqual([0, 0, 0]);
  });

  it('that fails before exec leaves no child, but its SIGCHLD has come', () => {
    const room = new Room();
    const { host } = room;
    host.blockSignals([SIGCHLD]);
    const fd = host.signalfd(-1, [SIGCHLD], O_NONBLOCK);
    expect(host.spawn({ file: '/no/program', argv: [] })).toBe(-ENOENT);
    expect(host.read(fd, room.buf, 0, 1024)).toBe(128);
    expect([room.buf.i32[2], room.buf.i32[3], room.buf.i32[10]]).toEqual([CLD_EXITED, 1001, 127]);
    expect(room.wait()).toBe(-ECHILD);
    expect(host.spawn({ file: 'no-program', argv: [] })).toBe(-ENOENT);
    expect(host.read(fd, room.buf, 0, 1024)).toBe(-EAGAIN);
  });

  it('tells what it used', () => {
    const room = new Room();
    const { host } = room;
    const usage = { utimeNs: 1234567000, stimeNs: 20e6, maxrssKiB: 900 };
    host.blockSignals([SIGCHLD]);
    const fd = host.signalfd(-1, [SIGCHLD], O_NONBLOCK);
    const pid = host.spawn(host.program({ then: { exit: 0 } }, usage));
    expect(host.read(fd, room.buf, 0, 128)).toBe(128);
    expect(room.buf.i32[14]).toBe(123);
    expect(room.buf.i32[16]).toBe(2);
    expect(room.wait()).toEqual([pid, CLD_EXITED, 0]);
    expect(room.out).toMatchObject({ ...usage, uid: 1000, minflt: 0 });
  });
});

describe("a child's output", () => {
  it('is there when it starts, and the pipe ends with it', () => {
    const room = new Room();
    const [r, w] = room.pipe();
    room.spawn({ write: 'hello', afterNs: 5 * MS }, { fds: [0, w] });
    room.host.close(w);
    expect(room.host.read(r, room.buf, 0, 100)).toBe(5);
    expect(room.host.nowNs).toBeLessThan(MS);
    expect(room.host.read(r, room.buf, 0, 100)).toBe(0);
    expect(room.host.nowNs).toBe(5 * MS + 2);
  });

  it('waits for room in a full pipe, and its end waits for it', () => {
    const room = new Room();
    const [r, w] = room.pipe();
    const text = 'x'.repeat(100_000);
    const pid = room.spawn({ write: text, then: { exit: 0 } }, { fds: [0, w] });
    room.host.close(w);
    room.host.advance(MS);
    expect(room.wait(WEXITED | WNOHANG)).toEqual([0, 0, 0]);
    let got = 0;
    for (let n = 1; n > 0; got += n) n = room.host.read(r, room.buf, 0, 30_000);
    expect(got).toBe(100_000);
    expect(room.wait()).toEqual([pid, CLD_EXITED, 0]);
  });

  it('into a pipe that nobody reads kills it', () => {
    const room = new Room();
    const [r, w] = room.pipe();
    room.host.close(r);
    const pid = room.spawn({ write: 'x', then: { exit: 0 } }, { fds: [0, w] });
    expect(room.wait()).toEqual([pid, CLD_KILLED, SIGPIPE]);
  });
});

describe('a process group', () => {
  it('is signalled from the last that joined', () => {
    const room = new Room();
    const { host } = room;
    host.blockSignals([SIGCHLD]);
    const fd = host.signalfd(-1, [SIGCHLD], O_NONBLOCK);
    const leader = room.spawn({}, { pgroup: 0 });
    const last = room.spawn({}, { pgroup: leader });
    expect(host.kill(-leader, SIGTERM)).toBe(0);
    expect(host.read(fd, room.buf, 0, 1024)).toBe(128);
    expect(room.buf.i32[3]).toBe(last);
  });

  it('is sent SIGHUP and SIGCONT if it is left orphaned with a stopped member', () => {
    const room = new Room();
    const { host } = room;
    host.prctl(PR_SET_CHILD_SUBREAPER, 1);
    const leader = room.spawn({ children: 2 }, { setsid: true });
    const other = room.spawn({ children: 1 }, { pgroup: 0 });
    for (const child of [leader + 1, other + 1]) host.kill(child, SIGSTOP);
    host.kill(other, SIGKILL);
    expect(room.wait()).toEqual([other, CLD_KILLED, SIGKILL]);
    expect(room.wait()).toEqual([other + 1, CLD_KILLED, SIGHUP]);
    // This group was orphaned before, too.
    host.kill(leader, SIGKILL);
    expect(room.wait()).toEqual([leader, CLD_KILLED, SIGKILL]);
    expect(room.wait(WEXITED | WNOHANG)).toEqual([0, 0, 0]);
  });
});

describe('orphans', () => {
  it('go to init, unseen, and hold nothing of ours', () => {
    const room = new Room();
    const pid = room.spawn({ children: 3, afterNs: MS });
    expect(room.host.children()).toEqual([pid]);
    expect(room.wait()).toEqual([pid, CLD_EXITED, 0]);
    expect(room.wait()).toBe(-ECHILD);
    expect(room.host.processes().map(({ ppid }) => ppid)).toEqual([1, 1, 1]);
    for (const orphan of room.host.processes()) room.host.kill(orphan.pid, SIGKILL);
    expect(room.host.processes()).toEqual([]);
  });

  it('come to a subreaper, zombies among them', () => {
    const room = new Room();
    room.host.prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid = room.spawn({ children: 2, afterNs: MS });
    room.host.kill(pid + 2, SIGKILL);
    expect(room.wait()).toEqual([pid, CLD_EXITED, 0]);
    expect(room.wait()).toEqual([pid + 2, CLD_KILLED, SIGKILL]);
    expect(room.host.children()).toEqual([pid + 1]);
    room.host.kill(pid + 1, SIGHUP);
    expect(room.wait()).toEqual([pid + 1, CLD_KILLED, SIGHUP]);
    expect(room.wait()).toBe(-ECHILD);
  });
});

describe('waiting', () => {
  it('takes zombies in the order of their births, not of their deaths', () => {
    const room = new Room();
    const a = room.spawn({ afterNs: 3 * MS });
    const b = room.spawn({ afterNs: 2 * MS });
    const c = room.spawn({ afterNs: MS });
    room.host.advance(10 * MS);
    expect([room.wait(), room.wait(), room.wait()].map((w) => (w as number[])[0])).toEqual([
      a,
      b,
      c,
    ]);
  });

  it('does not block on a pidfd that is non-blocking', () => {
    const room = new Room();
    const pid = room.spawn({ afterNs: MS });
    const fd = room.host.pidfdOpen(pid, O_NONBLOCK);
    expect(room.wait(WEXITED, P_PIDFD, fd)).toBe(-EAGAIN);
    expect(room.wait(WEXITED, P_PID, pid)).toEqual([pid, CLD_EXITED, 0]);
  });

  it('sees all that die at one instant at once', () => {
    const room = new Room();
    const { host } = room;
    host.blockSignals([SIGCHLD]);
    const sigfd = host.signalfd(-1, [SIGCHLD], O_NONBLOCK);
    const pids = [1, 2, 3].map(() => 0);
    host.at(MS, () => {
      for (let i = 0; i < 3; i++) pids[i] = host.spawn(host.program({ afterNs: MS }));
    });
    const fds = host.alloc(8);
    fds.i32[0] = sigfd;
    fds.i32[1] = POLLIN;
    expect(host.poll(fds, 1, -1)).toBe(1);
    expect(host.nowNs).toBe(2 * MS + 1);
    expect(host.read(sigfd, room.buf, 0, 1024)).toBe(128);
    expect(pids.map(() => (room.wait(WEXITED | WNOHANG) as number[])[0])).toEqual(pids);
  });

  it('copes with 100,000 children', () => {
    const room = new Room();
    const program = room.host.program({ afterNs: MS, then: { exit: 7 } });
    for (let i = 0; i < 100_000; i++) room.host.spawn(program);
    room.host.advance(2 * MS);
    let statuses = 0;
    let last = 0;
    for (let i = 0; i < 100_000; i++) {
      room.host.waitid(P_ALL, 0, WEXITED | WNOHANG, room.out);
      expect(room.out.pid > last).toBe(true);
      last = room.out.pid;
      statuses += room.out.status;
    }
    expect(statuses).toBe(700_000);
    expect(room.wait()).toBe(-ECHILD);
  });
});
