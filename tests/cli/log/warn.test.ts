import { expect, test } from 'vitest';
import { makeWarn } from '../../../src/cli/log/warn.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

test('a warning on stderr, while there is no log, steers no terminal and begins no line', () => {
  let written = '';
  const stderr = {
    write(fd: number, bytes: Uint8Array): void {
      written += `${fd} ${new TextDecoder().decode(bytes)}`;
    },
  };
  const log = { note(): void {} };
  const warn = makeWarn(new SimHost(), log, { of: () => stderr });
  warn('signal_failed', {}, 'SIGTERM cannot be sent to pid 7 (x\x1b[31m\nX)');
  expect(written).toBe('2 qemu-loop: SIGTERM cannot be sent to pid 7 (x\\x1b[31m\\nX)\n');
});
