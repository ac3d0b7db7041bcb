import {
  F_DUPFD_CLOEXEC,
  F_SETFD,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLHUP,
  POLLIN,
  SIGKILL,
  SIGTERM,
  SIGUSR2,
} from '../../../src/host/constants.ts';
import { EACCES, EAGAIN, EBADF, ECHILD, ENOENT, EPERM, ESRCH } from '../../../src/host/errno.ts';
import { newWaitResult } from '../../../src/host/host.ts';
import { type ContractCase, SOON_NS } from '../contract.ts';

export const spawn: ContractCase[] = [
  {
    name: 'spawn: returns the pid of a child, which children() lists until it is reaped',
    run: (env) => {
      const { host } = env;
      const [a, b] = [env.spawn({}), env.spawn({ then: { exit: 0 } })];
      env.equal(
        host.children(),
        [a, b].sort((x, y) => x - y),
        'children',
      );
      env.waitForEnd(b);
      env.equal(host.children().includes(b), true, 'a zombie is listed');
      env.wait(b);
      env.equal(host.children(), [a], 'one is reaped');
    },
  },
  {
    name: 'spawn: a path that does not exist is ENOENT, and leaves no child',
    run: (env) => {
      const { host } = env;
      const request = { file: '/nowhere/program', argv: ['program'] };
      env.fails(host.spawn(request), ENOENT, 'a path');
      env.fails(host.spawn({ file: 'no-such-program', argv: ['x'] }), ENOENT, 'a name');
      env.equal(host.children(), [], 'children');
      env.fails(host.waitid(0, 0, 4, newWaitResult()), ECHILD, 'waitid');
    },
  },
  {
    name: 'spawnAll: spawns each in turn, and a failed one does not hold up the others',
    run: (env) => {
      const { host } = env;
      const [r, w] = env.pipe(O_CLOEXEC);
      const gone = { file: '/nowhere/program', argv: ['program'] };
      const requests = Array.from({ length: 14 }, (_, i) => {
        if (i % 5 === 3) return gone;
        return { ...env.program({ write: `${i} `, then: { exit: i } }), fds: [0, w] };
      });
      requests.push({ ...requests[0]!, fds: [0, 255] });
      const pids = host.spawnAll(requests);
      env.equal(pids.length, requests.length, 'a result for each');
      const failed = pids.map((pid) => (pid > 0 ? 0 : pid));
      env.equal(
        failed,
        requests.map((_, i) => (i === 14 ? -EBADF : i % 5 === 3 ? -ENOENT : 0)),
        'errors',
      );
      const started = pids.filter((pid) => pid > 0);
      env.equal(host.children(), started.toSorted(), 'children');
      for (const [i, pid] of pids.entries()) {
        if (pid > 0) env.equal(env.wait(pid).status, i, 'each has its own program');
      }
      const order = env.read(r).trim().split(' ').map(Number);
      const ran = [...pids.keys()].filter((i) => pids[i]! > 0);
      env.equal(
        order.sort((a, b) => a - b),
        ran,
        'output',
      );
      env.equal(host.spawnAll([]), [], 'none');
    },
  },
  {
    name: 'spawn: a file that is not executable is EACCES',
    run: (env) => {
      const fd = env.file();
      const path = env.filePath;
      env.ok(fd >= 0, 'the file');
      env.fails(env.host.spawn({ file: path, argv: ['x'] }), EACCES, 'spawn');
    },
  },
  {
    name: "spawn: the child's output goes where fds says",
    run: (env) => {
      const [r, w] = env.pipe(O_CLOEXEC);
      const pid = env.spawn({ write: 'to stdout', then: { exit: 0 } }, { fds: [0, w] });
      env.wait(pid);
      env.equal(env.read(r), 'to stdout', 'output');
    },
  },
  {
    name: "spawn: close-on-exec descriptors are not the child's",
    run: (env) => {
      const [r, w] = env.pipe();
      env.spawn({});
      env.host.close(w);
      // The kernel lets the parent continue before it closes them, so this may take a moment.
      env.equal(env.poll1(r, POLLIN, SOON_NS), POLLHUP, 'the last writer is gone');
    },
  },
  {
    name: 'spawn: descriptors without close-on-exec stay open until the child ends',
    run: (env) => {
      const [r, w] = env.pipe(O_CLOEXEC | O_NONBLOCK);
      env.good(env.host.fcntl(w, F_SETFD, 0), 'F_SETFD');
      const pid = env.spawn({});
      env.host.close(w);
      env.equal(env.poll1(r, POLLIN), 0, 'the child holds it');
      env.host.kill(pid, SIGKILL);
      env.equal(env.poll1(r, POLLIN, SOON_NS), POLLHUP, 'the child is gone');
      env.wait(pid);
    },
  },
  {
    name: 'spawn: descriptors may be swapped',
    run: (env) => {
      const [r, w] = env.pipe(O_CLOEXEC);
      const [r2, w2] = env.pipe();
      // Below the child's own numbers, so that each is in the place that the other comes from.
      const fds = Array.from({ length: Math.max(w, w2) + 1 }, () => 0);
      fds[w] = w2;
      fds[w2] = w;
      fds[1] = w;
      fds[2] = 2;
      const pid = env.spawn({ write: 'swapped', then: { exit: 0 } }, { fds });
      env.wait(pid);
      env.equal(env.read(r), 'swapped', 'on the pipe that was asked for');
      env.fails(env.host.read(r2, env.buf, 0, 1), EAGAIN, 'nothing on the other');
    },
  },
  {
    name: 'spawn: a descriptor that is not open is EBADF',
    run: (env) => {
      const fd = env.eventfd();
      env.host.close(fd);
      const request = { ...env.program({}), fds: [0, fd, 2] };
      env.fails(env.host.spawn(request), EBADF, 'spawn');
      env.equal(env.host.children(), [], 'children');
    },
  },
  {
    name: 'spawn: a descriptor that has its number already is kept open',
    run: (env) => {
      const [r, w] = env.pipe(O_CLOEXEC);
      const list = Array.from({ length: w + 1 }, () => 0);
      list[1] = 1;
      list[2] = 2;
      list[w] = w;
      const at = env.own(env.host.fcntl(r, F_DUPFD_CLOEXEC, 0), 'F_DUPFD_CLOEXEC');
      const pid = env.spawn({}, { fds: list });
      env.host.close(w);
      env.equal(env.poll1(at, POLLIN), 0, 'the child holds it');
      env.host.kill(pid, SIGKILL);
      env.wait(pid);
      env.equal(env.poll1(at, POLLIN), POLLHUP, 'the child is gone');
    },
  },
  {
    name: 'spawn: keepFds are kept, above the descriptors in fds',
    run: (env) => {
      const { host } = env;
      const [r, w] = env.pipe(O_CLOEXEC | O_NONBLOCK);
      const [r2, w2] = env.pipe(O_CLOEXEC | O_NONBLOCK);
      const low = Math.min(w, w2);
      // The lower one is given under another number already, so keepFds has no effect on it.
      const fds = Array.from({ length: low + 1 }, (_, i) => (i < 3 ? i : 0));
      const pid = env.spawn({}, { fds, keepFds: [w, w2] });
      const [kept, gone] = low === w ? [r2, r] : [r, r2];
      for (const fd of [w, w2]) host.close(fd);
      env.equal(env.poll1(kept, POLLIN), 0, 'the child holds it');
      env.equal(env.poll1(gone, POLLIN, SOON_NS), POLLHUP, 'the child has another there');
      host.kill(pid, SIGKILL);
      env.wait(pid);
      env.equal(env.poll1(kept, POLLIN), POLLHUP, 'the child is gone');
      env.fails(host.spawn({ ...env.program({}), keepFds: [w] }), EBADF, 'one that is closed');
    },
  },
  {
    name: 'spawn: pgroup 0 makes a group, another number joins it',
    run: (env) => {
      const { host } = env;
      const leader = env.spawn({}, { pgroup: 0 });
      const member = env.spawn({}, { pgroup: leader });
      const other = env.spawn({});
      env.equal(host.getpgid(leader), leader, 'leader');
      env.equal(host.getpgid(member), leader, 'member');
      env.equal(host.getpgid(other), host.getpgid(0), 'inherited');
      host.kill(-leader, SIGTERM);
      env.equal([env.wait(leader).status, env.wait(member).status], [SIGTERM, SIGTERM], 'killed');
      env.equal(host.kill(other, 0), 0, 'the other lives');
    },
  },
  {
    name: 'spawn: setsid makes a new group too',
    run: (env) => {
      const pid = env.spawn({}, { setsid: true });
      env.equal(env.host.getpgid(pid), pid, 'group');
    },
  },
  {
    name: "spawn: setpgid of a child that has exec'd is EACCES, of a stranger ESRCH",
    run: (env) => {
      const [r, w] = env.pipe();
      const pid = env.spawn({ write: 'up' }, { fds: [0, w] });
      env.equal(env.poll1(r, POLLIN, SOON_NS), POLLIN, 'it has');
      env.fails(env.host.setpgid(pid, 0), EACCES, 'a child');
      env.fails(env.host.setpgid(0x3fffffff, 0), ESRCH, 'a stranger');
      env.fails(env.host.getpgid(0x3fffffff), ESRCH, 'getpgid of a stranger');
      env.fails(env.host.spawn({ ...env.program({}), pgroup: 0x3fffffff }), EPERM, 'a group');
    },
  },
  {
    name: 'spawn: the child starts with nothing blocked and all defaults',
    run: (env) => {
      env.block(SIGUSR2, SIGTERM);
      env.action(SIGUSR2, 1);
      for (const signo of [SIGUSR2, SIGTERM]) {
        const pid = env.spawn({});
        env.host.kill(pid, signo);
        const { code, status } = env.wait(pid);
        env.equal([code, status], [2, signo], 'killed by');
      }
    },
  },
  {
    name: 'spawn: two children that end one after the other are seen in that order',
    run: (env) => {
      const late = env.spawn({});
      const early = env.spawn({ afterNs: 5e6, then: { exit: 1 } });
      const out = newWaitResult();
      env.good(env.host.waitid(0, 0, 4, out), 'waitid');
      env.equal(out.pid, early, 'first');
      env.host.kill(late, SIGKILL);
      env.good(env.host.waitid(0, 0, 4, out), 'waitid');
      env.equal(out.pid, late, 'second');
    },
  },
  {
    name: 'spawn: a child that ignores a signal survives it, but not SIGKILL',
    run: (env) => {
      const [r, w] = env.pipe();
      const pid = env.spawn({ ignore: [SIGTERM, SIGUSR2], write: 'up' }, { fds: [0, w] });
      env.equal(env.poll1(r, POLLIN, SOON_NS), POLLIN, 'it is up');
      env.host.kill(pid, SIGTERM);
      env.host.kill(pid, SIGUSR2);
      env.host.kill(pid, SIGKILL);
      const { code, status } = env.wait(pid);
      env.equal([code, status], [2, SIGKILL], 'its end');
    },
  },
];
