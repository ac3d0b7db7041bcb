import { describe, expect, test } from 'vitest';
import { cellOf, DENIED, ERRNOS, judge, runDenied } from '../../support/denied.ts';
import { read } from '../../tree/files.ts';

/** The rows of the page's table, by the call. */
const rows = read('docs/denied-calls.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.slice(2, -2).split(' | '));
const page = new Map(rows.map(([calls, ...cells]) => [calls!, cells]));

/** The first errno of each outcome that the page has for a call: the fuzzer denies with all of them. */
function errnosOf(calls: string): string[] {
  const cells = page.get(calls) ?? [];
  return ERRNOS.filter((_, i) => cells.indexOf(cells[i]!) === i);
}

describe('a forbidden system call', () => {
  test.each(DENIED)('$calls', async (denied) => {
    for (const errno of errnosOf(denied.calls)) {
      const outcome = await runDenied(denied.calls, errno, []);
      judge(denied, errno, outcome);
      const told = page.get(denied.calls)?.[ERRNOS.indexOf(errno)];
      expect(told, `docs/denied-calls.md, ${errno}`).toBe(cellOf(denied, errno, outcome));
    }
  });

  test('docs/denied-calls.md has each call and errno, and no outcome that is not allowed', () => {
    expect([...page.keys()]).toEqual(['without', ...DENIED.map(({ calls }) => calls)]);
    expect(page.get('without')).toEqual(ERRNOS);
    for (const { calls, works, line } of DENIED) {
      const cells = page.get(calls)!;
      expect(cells.length).toBe(ERRNOS.length);
      for (const cell of cells) {
        const [, told] = /^12[56]: (.+)$/.exec(cell) ?? [];
        const isAllowed = told === undefined ? works && cell === 'works' : line?.test(`: ${told}:`);
        expect({ calls, cell, isAllowed }).toEqual({ calls, cell, isAllowed: true });
      }
    }
  });

  test('waitid: the children are not left behind', async () => {
    const { status, stderr } = await runDenied('waitid', 'EPERM', ['--spawn', 'exec sleep 54321']);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^qemu-loop: waitid: .*\(EPERM\)/);
  });
});
