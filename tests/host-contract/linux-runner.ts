/**
 * Runs all cases on the real kernel, and prints one CaseResult per line. It masks signals,
 * so it is a process of its own.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linuxProgram } from '../../src/host/linux/behave.ts';
import { LinuxHost, type LinuxHostOptions } from '../../src/host/linux/linux-host.ts';
import { cases } from './cases/index.ts';
import { type ContractSubject, runCase } from './contract.ts';

const dir = mkdtempSync(join(tmpdir(), 'host-contract-'));
const file = join(dir, 'file');
const options: LinuxHostOptions =
  process.argv[2] === 'libc' ? { spawnBy: 'posix_spawn', callBy: 'libc' } : {};
const only = process.argv[3];

const subject: ContractSubject = {
  host: new LinuxHost(options),
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
