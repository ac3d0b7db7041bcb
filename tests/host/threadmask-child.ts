/**
 * Run alone by threadmask.test.ts: masks signals in every thread and prints, as
 * one JSON object, the masks from /proc at each stage, and how many of 300 children a signalfd
 * reported.
 */

import { pbkdf2 } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import {
  O_CLOEXEC,
  P_PID,
  POLLIN,
  SIGCHLD,
  SIGRTMIN,
  SIGUSR2,
  WEXITED,
  WNOHANG,
} from '../../src/host/constants.ts';
import { newSigAction, newWaitResult, type SignalMaskToken } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';

const CHILDREN = 300;
const host = new LinuxHost();
const signals = [SIGUSR2, SIGCHLD, SIGRTMIN];

function masks(): Record<string, string> {
  const entries = readdirSync('/proc/self/task').map((tid) => {
    const status = readFileSync(`/proc/self/task/${tid}/status`, 'latin1');
    return [tid, /SigBlk:\s*(\S+)/.exec(status)?.[1] ?? ''];
  });
  return Object.fromEntries(entries) as Record<string, string>;
}

function actions(): string {
  const act = newSigAction();
  const all = [];
  for (let signo = 1; signo <= 64; signo++) {
    if (host.sigaction(signo, null, act) === 0) all.push(`${signo}:${act.handler}`);
  }
  return all.join(' ');
}

function maps(): number {
  return readFileSync('/proc/self/maps', 'latin1').match(/r-xp 00000000 00:00 0 *$/gm)?.length ?? 0;
}

/** Starts children in bursts, and reaps, only when the signalfd says so, all that have ended. */
function reapAll(): number {
  const fd = host.signalfd(-1, [SIGCHLD], O_CLOEXEC);
  const [records, fds, out] = [host.alloc(128 * 16), host.alloc(8), newWaitResult()];
  const alive = new Set<number>();
  let started = 0;
  let reaped = 0;
  while (reaped < CHILDREN) {
    while (alive.size < 8 && started < CHILDREN) {
      const pid = host.spawn({ file: 'true', argv: ['true'] });
      if (pid < 0) throw new Error(`spawn: ${pid}`);
      alive.add(pid);
      started++;
    }
    fds.i32[0] = fd;
    fds.i32[1] = POLLIN;
    // A lost signal ends this: nothing else would come.
    if (host.poll(fds, 1, 60e9) <= 0) break;
    host.read(fd, records, 0, 128 * 16);
    for (const pid of alive) {
      if (host.waitid(P_PID, pid, WEXITED | WNOHANG, out) < 0 || out.pid === 0) continue;
      alive.delete(pid);
      reaped++;
    }
  }
  for (const pid of alive) host.waitid(P_PID, pid, WEXITED, out);
  host.close(fd);
  return reaped;
}

async function main(): Promise<void> {
  // Its first child makes the host's own page of code.
  host.waitid(P_PID, host.spawn({ file: 'true', argv: ['true'] }), WEXITED, newWaitResult());
  const before = { masks: masks(), actions: actions(), maps: maps() };
  const token = host.blockSignals(signals) as SignalMaskToken;
  const blocked = { masks: masks(), actions: actions(), maps: maps() };
  const reaped = reapAll();

  // libuv's pool starts at its first use, a worker is a thread with threads of its own.
  await Promise.all(
    Array.from({ length: 4 }, () => promisify(pbkdf2)('p', 's', 1000, 32, 'sha256')),
  );
  const worker = new Worker('require("worker_threads").parentPort.once("message", () => {})', {
    eval: true,
  });
  await new Promise((resolve) => worker.once('online', resolve));
  const later = masks();
  const stillReaped = reapAll();

  const restored = host.restoreSignalMask(token);
  const after = { masks: masks(), actions: actions(), maps: maps() };
  worker.postMessage('end');
  await new Promise((resolve) => worker.once('exit', resolve));

  console.log(
    JSON.stringify({
      main: String(process.pid),
      signals,
      before,
      blocked,
      reaped,
      later,
      stillReaped,
      restored,
      after,
    }),
  );
}

void main();
