/** Facts from /proc about processes that are not ours. */

import { expect, test } from 'vitest';
import { isShell } from '../../../src/cli/spawn/process-name.ts';
import { Proc } from '../../../src/host/proc.ts';
import { OWN, ToldProcesses } from './told-processes.ts';

test.each([
  ['/usr/bin/dash', ['sh', '-c', 'a; b'], true],
  ['/bin/bash', ['/bin/bash', './service.sh'], true],
  // A script may be called as a program is, and a program as a shell.
  ['/usr/bin/dash', ['/bin/sh', '/usr/bin/perl'], true],
  ['/usr/bin/perl', ['sh', 'x.pl'], false],
  ['/usr/bin/perl', ['perl', 'sh'], false],
  // It was replaced while it ran.
  ['/usr/bin/dash (deleted)', ['sh'], true],
  ['/bin/busybox', ['sh', '-c', 'a; b'], true],
  ['/bin/busybox', ['/bin/busybox', 'ash', 'x'], true],
  ['/bin/busybox', ['sleep', 'sh'], false],
  ['/bin/busybox', ['busybox', 'sleep', '1'], false],
  // Another user's.
  [null, ['/bin/sh', './service.sh'], true],
  [null, ['-bash'], true],
  [null, ['perl', 'x.pl'], false],
  // It has ended.
  [null, [], false],
])('%s with the arguments %j is a shell: %s', (exe, argv, is) => {
  const host = new ToldProcesses();
  host.processes.set(7, { parent: OWN, exe, argv });
  expect(isShell(new Proc(host), 7)).toBe(is);
});
