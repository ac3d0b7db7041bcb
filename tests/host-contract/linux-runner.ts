/**
 * Runs all cases on the real kernel, and prints one CaseResult per line. It masks signals,
 * so it is a process of its own.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignalPipe } from '../../src/host/host.ts';
import { linuxProgram } from '../../src/host/linux/behave.ts';
import { LinuxHost, type LinuxHostOptions } from '../../src/host/linux/linux-host.ts';
import { CodeSignalPipe } from '../../src/host/linux/signal-pipe-code.ts';
import { LinuxSignals } from '../../src/host/linux/signals.ts';
import { cases } from './cases/index.ts';
import { type ContractSubject, runCase } from './contract.ts';

const dir = mkdtempSync(join(tmpdir(), 'host-contract-'));
const file = join(dir, 'file');
const way = process.argv[2];
const options: LinuxHostOptions = way === 'libc' ? { spawnBy: 'posix_spawn', callBy: 'libc' } : {};
const only = process.argv[3];

/** As in a program that is not on libuv. */
class HandlerHost extends LinuxHost {
  override openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    return CodeSignalPipe.open(new LinuxSignals(), tell);
  }
}

const subject: ContractSubject = {
  host: way === 'handler' ? new HandlerHost(options) : new LinuxHost(options),
  program: linuxProgram,
  file,
  removeFile: () => rmSync(file, { force: true }),
  // The listing includes its own descriptor, so each is checked again.
  openFds: () =>
    readdirSync('/proc/self/fd')
      .map(Number)
      .filter((fd) => subject.host.fcntl(fd, 1, 0) >= 0),
};

try {
  for (const one of cases) {
    if (only === undefined || one.name.includes(only)) {
      console.log(JSON.stringify(runCase(subject, one)));
    }
  }
} finally {
  rmSync(dir, { recursive: true });
}
