/**
 * Records and replays all cases on the real kernel, and prints one result a line. It masks signals,
 * so it is a process of its own.
 */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linuxProgram } from '../../../src/host/linux/behave.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { cases } from '../../host-contract/cases/index.ts';
import { recordCase } from './contract-cases.ts';

const dir = mkdtempSync(join(tmpdir(), 'record-contract-'));
const file = join(dir, 'file');
const linux = new LinuxHost();
const only = process.argv[2];

try {
  for (const one of cases) {
    if (only !== undefined && !one.name.includes(only)) continue;
    const result = recordCase(one, linux, (host) => ({
      host,
      program: linuxProgram,
      file,
      removeFile: () => rmSync(file, { force: true }),
      // The listing includes its own descriptor, so each is checked again.
      openFds: () =>
        readdirSync('/proc/self/fd')
          .map(Number)
          .filter((fd) => linux.fcntl(fd, 1, 0) >= 0),
    }));
    console.log(JSON.stringify(result));
  }
} finally {
  rmSync(dir, { recursive: true });
}
