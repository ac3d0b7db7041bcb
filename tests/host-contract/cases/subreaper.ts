import {
  O_CLOEXEC,
  POLLIN,
  PR_GET_CHILD_SUBREAPER,
  PR_SET_CHILD_SUBREAPER,
  SIGCHLD,
  SIGKILL,
} from '../../../src/host/constants.ts';
import { EINVAL } from '../../../src/host/errno.ts';
import { type ContractCase, SOON_NS } from '../contract.ts';

export const subreaper: ContractCase[] = [
  {
    name: 'subreaper: is off, can be set, and can be read back',
    run: (env) => {
      const { host } = env;
      env.equal(host.prctl(PR_GET_CHILD_SUBREAPER, 0), 0, 'at first');
      env.equal(host.prctl(PR_SET_CHILD_SUBREAPER, 1), 0, 'set');
      env.equal(host.prctl(PR_GET_CHILD_SUBREAPER, 0), 1, 'then');
      env.equal(host.prctl(PR_SET_CHILD_SUBREAPER, 0), 0, 'unset');
      env.fails(host.prctl(9999, 0), EINVAL, 'an unknown option');
    },
  },
  {
    name: 'subreaper: adopts orphans when their parent has ended',
    run: (env) => {
      const { host } = env;
      host.prctl(PR_SET_CHILD_SUBREAPER, 1);
      env.atEnd(() => host.prctl(PR_SET_CHILD_SUBREAPER, 0));
      const [r, w] = env.pipe(O_CLOEXEC);
      const parent = env.spawn({ children: 2, write: 'up' }, { fds: [0, w] });
      env.equal(env.poll1(r, POLLIN, SOON_NS), POLLIN, 'it has started them');
      env.equal(host.children(), [parent], 'while the parent lives');
      host.kill(parent, SIGKILL);
      env.waitForEnd(parent);
      const orphans = host.children().filter((pid) => pid !== parent);
      for (const pid of orphans) env.adopt(pid);
      env.equal(orphans.length, 2, 'orphans');
      env.wait(parent);
    },
  },
  {
    name: 'subreaper: an adopted child is waited for like any other, and its end sends SIGCHLD',
    run: (env) => {
      const { host } = env;
      const fd = env.signalfd(SIGCHLD);
      host.prctl(PR_SET_CHILD_SUBREAPER, 1);
      env.atEnd(() => host.prctl(PR_SET_CHILD_SUBREAPER, 0));
      const parent = env.spawn({ children: 1, afterNs: 20e6, then: { exit: 0 } });
      env.equal(env.nextRecord(fd).pid, parent, 'first record');
      env.wait(parent);
      const orphan = env.adopt(host.children()[0]!);
      host.kill(orphan, SIGKILL);
      const record = env.nextRecord(fd);
      env.equal([record.pid, record.status], [orphan, SIGKILL], 'second record');
      env.equal(env.wait(orphan).status, SIGKILL, 'its end');
    },
  },
];
