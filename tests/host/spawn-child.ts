/** Run alone by spawn.test.ts: prints, as one JSON object, the outcome of each start. */

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  F_DUPFD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  F_SETFD,
  O_CLOEXEC,
  O_WRONLY,
  P_ALL,
  P_PID,
  POLLIN,
  PR_SET_CHILD_SUBREAPER,
  SIGHUP,
  SIGINT,
  SIGKILL,
  SIGPIPE,
  SIGTERM,
  WEXITED,
} from '../../src/host/constants.ts';
import { ENOSYS, errnoName } from '../../src/host/errno.ts';
import { newWaitResult, type SpawnRequest } from '../../src/host/host.ts';
import { linuxProgram } from '../../src/host/linux/behave.ts';
import { CloneSteps, childPage } from '../../src/host/linux/clone-steps.ts';
import { c } from '../../src/host/linux/libc.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { StringVector } from '../../src/host/linux/string-vector.ts';

const [, , way] = process.argv;
// As an emulator of the kernel has it.
if (way === 'clone, which is refused') CloneSteps.prototype.launch = () => -ENOSYS;
const spawnBy = way === 'posix_spawn' ? way : 'clone';
const host = new LinuxHost({ spawnBy });
const out = newWaitResult();
const buf = host.alloc(65536);
const dir = mkdtempSync(join(tmpdir(), 'spawn-'));

const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;

function pipe(): [number, number] {
  const ends: number[] = [];
  host.pipe2(ends, O_CLOEXEC);
  return [ends[0]!, ends[1]!];
}

function readAll(fd: number): string {
  let text = '';
  for (let n = 1; n > 0; ) {
    n = host.read(fd, buf, 0, buf.size);
    if (n > 0) text += Buffer.from(buf.u8.subarray(0, n)).toString();
  }
  host.close(fd);
  return text;
}

/** Starts it with stdout on a pipe; returns its output, or the error's name. */
function output(request: SpawnRequest): string {
  const [r, w] = pipe();
  const pid = host.spawn({ fds: [0, w, 2], ...request });
  host.close(w);
  const text = readAll(r);
  if (pid < 0) return errnoName(pid);
  host.waitid(P_PID, pid, WEXITED, out);
  return text;
}

function sh(script: string, more: Partial<SpawnRequest> = {}, ...args: string[]): string {
  return output({ file: '/bin/sh', argv: ['sh', '-c', script, 'sh', ...args], ...more });
}

function openFds(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Descriptors that were open without close-on-exec before us are inherited by the child, too. */
function inheritable(): string[] {
  const standard = ['0', '1', '2'];
  const open = readdirSync('/proc/self/fd');
  return [
    ...standard,
    ...open.filter((fd) => !standard.includes(fd) && host.fcntl(Number(fd), F_GETFD, 0) === 0),
  ];
}

/** Our fds 0 and 1 swapped, and a third to answer on. */
function swapped(): { ours: string[]; theirs: string[] } {
  const [r, w] = pipe();
  // A subshell, since dash redirects itself, not the command that it starts.
  const script = '(readlink /proc/$$/fd/0; readlink /proc/$$/fd/1) >&3; :';
  const pid = host.spawn({ file: 'sh', argv: ['sh', '-c', script], fds: [1, 0, 2, w] });
  host.close(w);
  const theirs = readAll(r).trim().split('\n');
  host.waitid(P_PID, pid, WEXITED, out);
  return { ours: [1, 0].map((fd) => readlinkSync(`/proc/self/fd/${fd}`)), theirs };
}

/** Without fds the child has our 0, 1 and 2, whatever Node has made of them. */
function standard(): { ours: string[]; theirs: string[] } {
  const [r, w] = pipe();
  host.fcntl(w, F_SETFD, 0);
  const script = `(for i in 0 1 2; do readlink /proc/$$/fd/$i; done) >/proc/$$/fd/${w}; :`;
  const pid = host.spawn({ file: 'sh', argv: ['sh', '-c', script] });
  host.close(w);
  const theirs = readAll(r).trim().split('\n');
  host.waitid(P_PID, pid, WEXITED, out);
  return { ours: [0, 1, 2].map((fd) => readlinkSync(`/proc/self/fd/${fd}`)), theirs };
}

/** A ring, each source among the targets: where our pipes a, b, c write, the child's write to b, c, a. */
function rotated(): string[] {
  const pipes = [pipe(), pipe(), pipe()];
  const [a, b, c] = pipes.map(([, w]) => w) as [number, number, number];
  const fds = Array.from({ length: Math.max(a, b, c) + 1 }, () => 0);
  [fds[a], fds[b], fds[c]] = [b, c, a];
  fds[2] = 2;
  const script = `printf A >/proc/self/fd/${a}; printf B >/proc/self/fd/${b}; printf C >/proc/self/fd/${c}`;
  const pid = host.spawn({ file: 'sh', argv: ['sh', '-c', script], fds });
  for (const [, w] of pipes) host.close(w);
  host.waitid(P_PID, pid, WEXITED, out);
  return pipes.map(([r]) => readAll(r));
}

/** More descriptors than the child's list of steps holds at first, and a terminal's group after. */
function many(): unknown {
  const [r, w] = pipe();
  const fds = [0, ...Array.from({ length: 300 }, () => w)];
  const script = 'for i in 1 99 300; do printf "$i " >/proc/self/fd/$i; done';
  const request = { file: 'sh', argv: ['sh', '-c', script], fds, pgroup: 0 };
  const refused = host.spawn({ ...request, foregroundTty: w });
  const pid = host.spawn(request);
  host.close(w);
  host.waitid(P_PID, pid, WEXITED, out);
  return { refused: errnoName(refused), text: readAll(r) };
}

/** An fd that keeps its number in the child, and is close-on-exec here. */
function kept(): string {
  const [r, w] = pipe();
  const fds = Array.from({ length: w + 1 }, (_, i) => (i === w ? w : i < 3 ? i : 0));
  const script = `printf kept >/proc/self/fd/${w}`;
  const pid = host.spawn({ file: 'sh', argv: ['sh', '-c', script], fds });
  host.close(w);
  host.waitid(P_PID, pid, WEXITED, out);
  return readAll(r);
}

/** root may enter any directory. */
function asNobody<T>(act: () => T): T {
  if (process.geteuid!() !== 0) return act();
  process.seteuid!(65534);
  try {
    return act();
  } finally {
    process.seteuid!(0);
  }
}

function errors(): Record<string, string> {
  const plain = join(dir, 'plain');
  writeFileSync(plain, '');
  const gone = join(dir, 'gone');
  mkdirSync(gone);
  const of = (request: Partial<SpawnRequest>): string => {
    const ret = host.spawn({ file: 'true', argv: ['true'], ...request });
    if (ret > 0) host.waitid(P_PID, ret, WEXITED, out);
    return errnoName(ret);
  };
  rmSync(gone, { recursive: true });
  const closed = join(dir, 'closed');
  mkdirSync(closed, { mode: 0o600 });
  chmodSync(dir, 0o755);
  return {
    'no such path': of({ file: '/no/such/path' }),
    'no such name': of({ file: 'no-such-name' }),
    'empty name': of({ file: '' }),
    'not executable': of({ file: plain }),
    'not executable, by PATH': of({ file: 'plain', env: [`PATH=${dir}`] }),
    'through a file': of({ file: `${plain}/x` }),
    'a directory': of({ file: dir }),
    'cwd gone': of({ cwd: gone }),
    'cwd a file': of({ cwd: plain }),
    'cwd empty': of({ cwd: '' }),
    'cwd closed to us': asNobody(() => of({ cwd: closed })),
    'fd not open': of({ fds: [0, 999] }),
    'no terminal': of({ foregroundTty: 0, pgroup: 0 }),
    'too long': of({ argv: ['x', 'y'.repeat(300_000)] }),
    'a NUL': of({ argv: ['a\0b'] }),
  };
}

/** Several under way, each of which has more to try than what it begins with. */
function atOnce(requests: readonly SpawnRequest[]): number[] {
  return host.spawnAll(requests).map((pid) => {
    if (pid > 0) host.waitid(P_PID, pid, WEXITED, out);
    return pid > 0 ? out.status : pid;
  });
}

function found(): Record<string, unknown> {
  const bin = join(dir, 'bin');
  const decoy = join(dir, 'decoy');
  mkdirSync(bin);
  mkdirSync(decoy);
  writeFileSync(join(bin, 'tool'), '#!/bin/sh\nprintf "%s" "tool $1"\n');
  chmodSync(join(bin, 'tool'), 0o755);
  writeFileSync(join(decoy, 'tool'), 'not executable');
  const argv = ['tool', 'x'];
  const sink = host.open('/dev/null', O_CLOEXEC | O_WRONLY, 0);
  const quiet = { file: 'tool', argv, env: [`PATH=nowhere:${bin}`], fds: [0, sink, 2] };
  const results = {
    "in the child's PATH": output({ file: 'tool', argv, env: [`PATH=/nowhere:${bin}`] }),
    'after one not executable': output({ file: 'tool', argv, env: [`PATH=${decoy}:${bin}`] }),
    'after one that is not there, at once': atOnce(Array.from({ length: 6 }, () => quiet)),
    'not in ours': output({ file: 'tool', argv }),
    "relative to the child's directory": output({ file: './bin/tool', argv, cwd: dir }),
    'by a relative PATH': output({ file: 'tool', argv, cwd: dir, env: ['PATH=bin'] }),
  };
  host.close(sink);
  return results;
}

/** A child that waits, with its stdout on a pipe, killed: its end, and whether its output ended with it. */
function killedWhileWaiting(signo: number): unknown {
  host.prctl(PR_SET_CHILD_SUBREAPER, 1);
  const [r, w] = pipe();
  const behaviour = { afterNs: 3600e9, then: { exit: 3 }, write: 'up' };
  const pid = host.spawn({ ...linuxProgram(behaviour), fds: [0, w] });
  host.close(w);
  host.read(r, buf, 0, 16);
  host.kill(pid, signo);
  host.waitid(P_PID, pid, WEXITED, out);
  const end = [out.code, out.status];
  const fds = host.alloc(8);
  fds.i32.set([r, POLLIN]);
  const hangup = host.poll(fds, 1, 100e9) === 1 && host.read(r, buf, 0, 16) === 0;
  host.close(r);
  // Processes that its shell left behind are ours now, and end by themselves: otherwise this waits
  // for an hour.
  while (host.waitid(P_ALL, 0, WEXITED, out) === 0);
  host.prctl(PR_SET_CHILD_SUBREAPER, 0);
  return { end, hangup };
}

/** A request for nothing special, while stdin is open and while it is closed: the exit status says which it was. */
function plain(): unknown {
  const script = '[ -e /proc/self/fd/0 ] && exit 3 || exit 4';
  const exit = (): number => {
    const pid = host.spawn({ file: '/bin/sh', argv: ['sh', '-c', script] });
    if (pid < 0) return pid;
    host.waitid(P_PID, pid, WEXITED, out);
    return out.status;
  };
  const open = exit();
  const kept = host.fcntl(0, F_DUPFD_CLOEXEC, 3);
  host.close(0);
  const closed = exit();
  const many = atOnce([0, 1, 2].map((i) => ({ file: '/bin/sh', argv: ['sh', '-c', `exit ${i}`] })));
  host.fcntl(kept, F_DUPFD, 0);
  host.close(kept);
  return { open, closed, many };
}

/** As if we had died before the child asked for its signal: it has another parent than it expects. */
function orphanedAtStart(): string {
  const page = childPage();
  if (typeof page === 'number') return errnoName(page);
  const steps = new CloneSteps(page);
  const argv = new StringVector();
  const end = (parentPid: number): string => {
    steps.begin(1);
    const libc = c as { getpid: () => number };
    const { getpid } = libc;
    libc.getpid = () => parentPid;
    steps.pdeathsig(SIGKILL);
    libc.getpid = getpid;
    const pid = steps.launch('/bin/true', argv.fill(['true']), argv.fill(['true']));
    steps.settle();
    return host.waitid(P_PID, pid, WEXITED, out) < 0 ? 'reaped' : String(out.status);
  };
  const ends = [end(host.getpid()), end(host.getpid() + 1)];
  page.free();
  return ends.join(' ');
}

/** Alone: starts a child as another user that asks for a signal when this process ends, and ends. */
function parentOfUser(): never {
  const request = { file: 'sleep', argv: ['sleep', '3600'], pdeathsig: SIGKILL };
  const pid = host.spawn({ ...request, uid: 12345, gid: 23456 });
  process.stdout.write(`${pid}`);
  rmSync(dir, { recursive: true });
  process.exit();
}

/** How the child of such a process ends, which is ours once its parent is gone. */
function userOfDeadParent(): unknown {
  if (way !== 'clone' || process.getuid!() !== 0) return null;
  host.prctl(PR_SET_CHILD_SUBREAPER, 1);
  const argv = [process.execPath, __filename, 'clone', 'parent of a user'];
  const pid = Number(output({ file: process.execPath, argv }));
  const ret = host.waitid(P_PID, pid, WEXITED, out);
  host.prctl(PR_SET_CHILD_SUBREAPER, 0);
  return [ret, out.code, out.status];
}

/** A child's ids, as `id` prints them, or the error's name. */
function ids(): unknown {
  const of = (more: Partial<SpawnRequest>): string =>
    sh('id -u; id -g; id -G', more).trim().split('\n').join(', ');
  if (way !== 'clone' || process.getuid!() !== 0) return of({ uid: process.getuid!() });
  const one = { file: 'true', argv: ['true'], uid: 12345 };
  // A change of ids in our memory makes it 0.
  c.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return {
    user: of({ uid: 12345, pdeathsig: SIGKILL }),
    all: of({ uid: 12345, gid: 23456, groups: [7, 4_000_000_000] }),
    groups: of({ groups: [8] }),
    many: host
      .spawnAll([one, one, one, one, one])
      .map((pid) => host.waitid(P_PID, pid, WEXITED, out) + out.status),
    dumpable: c.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
    'as nobody': asNobody(() => errnoName(host.spawn(one))),
  };
}

if (process.argv[3] === 'parent of a user') parentOfUser();

const fdsBefore = openFds();
const report = {
  plain: plain(),
  swapped: swapped(),
  standard: standard(),
  rotated: rotated(),
  kept: kept(),
  many: many(),
  errors: errors(),
  found: found(),
  argv: sh('printf "%s|" "$@"', {}, 'a b', '', 'é€😀', "'"),
  env: sh('echo "$A-$B"', { env: ['A=1', 'B=zwei', 'PATH=/usr/bin:/bin'] }).trim(),
  inherited: ((): string => {
    process.env.SPAWN_TEST = 'seen';
    return sh('echo "$SPAWN_TEST"').trim();
  })(),
  cwd: [dir, sh('pwd -P', { cwd: dir }).trim()],
  masks: sh('exec grep -E "Sig(Blk|Ign)" /proc/self/status').trim().split(/\s+/),
  ignored: sh('exec grep SigIgn /proc/self/status', { ignoreSignals: [SIGHUP, SIGPIPE] }).trim(),
  pdeathsig: sh('echo up', { pdeathsig: SIGKILL }).trim(),
  ids: ids(),
  userOfDeadParent: userOfDeadParent(),
  orphanedAtStart: way === 'clone' ? orphanedAtStart() : '',
  inheritable: inheritable(),
  fds: sh('ls /proc/$$/fd').trim().split(/\s+/),
  killed: [SIGTERM, SIGINT, SIGKILL].map(killedWhileWaiting),
  blocked: host.blockedSignals(),
  children: host.children(),
  leaked: openFds() - fdsBefore,
};
rmSync(dir, { recursive: true });
console.log(JSON.stringify(report));
