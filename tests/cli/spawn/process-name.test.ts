/** Facts from /proc about processes that are not ours. */

import { expect, test } from 'vitest';
import { isShell } from '../../../src/cli/spawn/process-name.ts';
import { EACCES, ENOENT } from '../../../src/host/errno.ts';
import type { HostBuffer } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { Proc } from '../../../src/host/proc.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

/** Shows one process of a /proc, by the link to its program, if it may be read, and its arguments. */
class OneProcess extends HostLens {
  readonly #exe: string | null;
  readonly #argv: readonly string[];
  #text = '';

  constructor(exe: string | null, argv: readonly string[]) {
    super(new SimHost());
    this.#exe = exe;
    this.#argv = argv;
  }

  override readlink(_path: string, buf: HostBuffer): number {
    return this.#exe === null ? -EACCES : fill(buf, this.#exe);
  }
  override open(path: string): number {
    const cmdline = this.#argv.map((arg) => `${arg}\0`).join('');
    this.#text = path.endsWith('/cmdline') ? cmdline : `NSpid:\t${this.getpid()}\n`;
    return path.endsWith('/cmdline') || path.endsWith('/status') ? 1000 : -ENOENT;
  }
  override read(_fd: number, buf: HostBuffer): number {
    const n = fill(buf, this.#text);
    this.#text = '';
    return n;
  }
  override close(): number {
    return 0;
  }
}

function fill(buf: HostBuffer, text: string): number {
  const bytes = new TextEncoder().encode(text);
  buf.u8.set(bytes);
  return bytes.length;
}

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
  const host = new OneProcess(exe, argv);
  expect(isShell(new Proc(host), 7)).toBe(is);
});
