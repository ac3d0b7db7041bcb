import { describe, expect, test } from 'vitest';
import { DENIED, judge, runDenied } from '../../support/denied.ts';

describe('a forbidden system call', () => {
  test.each(DENIED)('$calls', async (denied) => {
    for (const errno of ['EPERM', 'EAGAIN']) {
      judge(denied, errno, await runDenied(denied.calls, errno, []));
    }
  });

  test('waitid: the children are not left behind', async () => {
    const { status, stderr } = await runDenied('waitid', 'EPERM', ['--spawn', 'exec sleep 54321']);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^qemu-loop: waitid: .*\(EPERM\)/);
  });
});
