import {
  CLD_CONTINUED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
} from '../../../src/host/constants.ts';
import { ECHILD, EINVAL } from '../../../src/host/errno.ts';
import { newWaitResult } from '../../../src/host/host.ts';
import { type ContractCase, SOON_NS } from '../contract.ts';

export const waitid: ContractCase[] = [
  {
    name: 'waitid: an exit reports its status',
    run: (env) => {
      const pid = env.spawn({ then: { exit: 42 } });
      const got = env.wait(pid);
      env.equal([got.pid, got.code, got.status], [pid, CLD_EXITED, 42], 'result');
      env.fails(env.host.waitid(P_PID, pid, WEXITED, got), ECHILD, 'reaped');
      env.equal(got.pid, 0, 'pid after ECHILD');
    },
  },
  {
    name: 'waitid: a death by signal reports its number',
    run: (env) => {
      const pid = env.spawn({ afterNs: 1e6, then: { signal: SIGTERM } });
      const got = env.wait(pid);
      env.equal([got.code, got.status], [CLD_KILLED, SIGTERM], 'by its own');
      const other = env.spawn({});
      env.host.kill(other, SIGKILL);
      const gone = env.wait(other);
      env.equal([gone.code, gone.status], [CLD_KILLED, SIGKILL], 'by ours');
    },
  },
  {
    name: 'waitid: WNOHANG finds nothing while the child runs',
    run: (env) => {
      const pid = env.spawn({});
      const out = { ...newWaitResult(), pid: 99, status: 99 };
      env.equal(env.host.waitid(P_PID, pid, WEXITED | WNOHANG, out), 0, 'returned');
      env.equal(out, newWaitResult(), 'result');
    },
  },
  {
    name: 'waitid: without a child it is ECHILD',
    run: (env) => {
      const out = newWaitResult();
      env.fails(env.host.waitid(P_ALL, 0, WEXITED | WNOHANG, out), ECHILD, 'P_ALL');
      env.fails(env.host.waitid(P_PID, env.host.getpid(), WEXITED, out), ECHILD, 'not a child');
      env.fails(env.host.waitid(P_PGID, 0x3fffffff, WEXITED, out), ECHILD, 'no such group');
    },
  },
  {
    name: 'waitid: no event to wait for, an unknown option, or an unknown type is EINVAL',
    run: (env) => {
      const out = newWaitResult();
      env.fails(env.host.waitid(P_ALL, 0, 0, out), EINVAL, 'no events');
      env.fails(env.host.waitid(P_ALL, 0, WNOHANG, out), EINVAL, 'WNOHANG alone');
      env.fails(env.host.waitid(P_ALL, 0, WEXITED | 0x100, out), EINVAL, 'unknown option');
      env.fails(env.host.waitid(9, 0, WEXITED, out), EINVAL, 'unknown type');
      env.fails(env.host.waitid(P_PID, 0, WEXITED, out), EINVAL, 'P_PID of 0');
    },
  },
  {
    name: 'waitid: WNOWAIT leaves the zombie',
    run: (env) => {
      const pid = env.spawn({ then: { exit: 5 } });
      for (let i = 0; i < 2; i++) env.equal(env.wait(pid, WEXITED | WNOWAIT).status, 5, 'seen');
      env.equal(env.host.children(), [pid], 'children');
      env.equal(env.wait(pid).status, 5, 'reaped');
      env.equal(env.host.children(), [], 'children after');
    },
  },
  {
    name: 'waitid: P_PGID waits for a group',
    run: (env) => {
      env.spawn({});
      const leader = env.spawn({ afterNs: 1e6, then: { exit: 1 } }, { pgroup: 0 });
      const out = newWaitResult();
      env.good(env.host.waitid(P_PGID, leader, WEXITED, out), 'waitid');
      env.equal([out.pid, out.status], [leader, 1], 'result');
      env.fails(env.host.waitid(P_PGID, leader, WEXITED, out), ECHILD, 'none left in it');
    },
  },
  {
    name: 'waitid: P_PIDFD waits for the child of a pidfd',
    run: (env) => {
      const pid = env.spawn({ then: { exit: 8 } });
      const fd = env.own(env.host.pidfdOpen(pid, 0), 'pidfd_open');
      const out = newWaitResult();
      env.good(env.host.waitid(P_PIDFD, fd, WEXITED, out), 'waitid');
      env.equal([out.pid, out.status], [pid, 8], 'result');
    },
  },
  {
    name: 'waitid: stops and continues are reported once, and only if asked for',
    run: (env) => {
      const { host } = env;
      const pid = env.spawn({});
      const out = newWaitResult();
      host.kill(pid, SIGSTOP);
      const stopped = env.wait(pid, WSTOPPED | WEXITED);
      env.equal([stopped.pid, stopped.code, stopped.status], [pid, CLD_STOPPED, SIGSTOP], 'stop');
      env.good(host.waitid(P_PID, pid, WSTOPPED | WNOHANG, out), 'waitid');
      env.equal(out.pid, 0, 'told once');
      host.kill(pid, SIGCONT);
      env.good(host.waitid(P_PID, pid, WEXITED | WSTOPPED | WNOHANG, out), 'waitid');
      env.equal(out.pid, 0, 'not to one who does not ask');
      const went = env.wait(pid, WCONTINUED);
      env.equal([went.pid, went.code, went.status], [pid, CLD_CONTINUED, SIGCONT], 'continue');
    },
  },
  {
    name: 'waitid: a child that stops itself is stopped, and can be continued and killed',
    run: (env) => {
      const pid = env.spawn({ afterNs: 1e6, then: { stop: true } });
      env.equal(env.wait(pid, WSTOPPED).code, CLD_STOPPED, 'stop');
      env.host.kill(pid, SIGCONT);
      env.equal(env.wait(pid, WCONTINUED).code, CLD_CONTINUED, 'continue');
      env.host.kill(pid, SIGTERM);
      env.equal(env.wait(pid).status, SIGTERM, 'end');
    },
  },
  {
    name: 'waitid: SIGKILL ends a stopped child, SIGTERM only when it continues',
    run: (env) => {
      const [a, b] = [env.spawn({}), env.spawn({})];
      for (const pid of [a, b]) {
        env.host.kill(pid, SIGSTOP);
        env.wait(pid, WSTOPPED);
      }
      env.host.kill(a, SIGKILL);
      env.equal(env.wait(a).status, SIGKILL, 'SIGKILL');
      env.host.kill(b, SIGTERM);
      const out = newWaitResult();
      env.good(env.host.waitid(P_PID, b, WEXITED | WNOHANG, out), 'waitid');
      env.equal(out.pid, 0, 'SIGTERM waits');
      env.host.kill(b, SIGCONT);
      env.equal(env.wait(b).status, SIGTERM, 'then ends it');
    },
  },
  {
    name: 'waitid: SIGCHLD reports exit, death, stop and continue',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGCHLD);
      const seen = (pid: number): [number, number] => {
        const record = env.nextRecord(fd);
        env.equal(record.pid, pid, 'pid');
        return [record.code, record.status];
      };
      const exits = env.spawn({ then: { exit: 3 } });
      env.equal(seen(exits), [CLD_EXITED, 3], 'exit');
      env.wait(exits);
      const lives = env.spawn({});
      host.kill(lives, SIGSTOP);
      env.equal(seen(lives), [CLD_STOPPED, SIGSTOP], 'stop');
      host.kill(lives, SIGCONT);
      env.equal(seen(lives), [CLD_CONTINUED, SIGCONT], 'continue');
      host.kill(lives, SIGKILL);
      env.equal(seen(lives), [CLD_KILLED, SIGKILL], 'death');
      env.wait(lives);
    },
  },
  {
    name: 'waitid: SIGCHLD comes when the child is already a zombie, and once for many',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      const pids = [1, 2, 3].map((exit) => env.spawn({ then: { exit } }));
      for (const pid of pids) env.waitForEnd(pid);
      const records = env.records(fd);
      env.equal(records.length, 1, 'records');
      env.ok(pids.includes(records[0]!.pid), 'it names one of them');
      const out = newWaitResult();
      const reaped: number[] = [];
      while (env.host.waitid(P_ALL, 0, WEXITED | WNOHANG, out) === 0) reaped.push(out.pid);
      env.equal(reaped.sort(), pids.sort(), 'all are there to reap');
    },
  },
  {
    name: 'waitid: reaping does not remove the pending SIGCHLD',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      const pid = env.spawn({ then: { exit: 0 } });
      env.wait(pid);
      env.equal(env.nextRecord(fd).pid, pid, 'record');
    },
  },
  {
    name: 'waitid: the record and the result identify the same child',
    run: (env) => {
      const fd = env.signalfd(SIGCHLD);
      const pid = env.spawn({ then: { exit: 0 } });
      const record = env.nextRecord(fd);
      const got = env.wait(pid);
      env.equal([record.pid, record.uid], [got.pid, got.uid], 'pid and uid');
      env.ok(got.utimeNs >= 0 && got.stimeNs >= 0, 'times');
      env.ok(got.maxrssKiB >= 0 && got.nvcsw >= 0 && got.minflt >= 0, 'usage');
    },
  },
  {
    name: 'waitid: a blocking wait ends with the child',
    run: (env) => {
      const start = env.now();
      const pid = env.spawn({ afterNs: 8e6, then: { exit: 0 } });
      env.wait(pid);
      const took = env.now() - start;
      env.ok(took >= 8e6 && took < SOON_NS, `${took} ns`);
    },
  },
];
