import { describe, expect, it } from 'vitest';
import type { Shown } from '../../../src/cli/museum/exhibit.ts';
import { logsText } from '../../../src/cli/museum/logs-text.ts';
import { run } from '../../support/run.ts';

const shown = (texts: readonly string[], abort: string | null = null): Shown => ({
  file: 'x.yaml',
  weaknesses: [],
  order: texts.map((text, i) => ({ text, timeNs: i * 1e6 })),
  abort,
  failures: [],
});
const plain = (width: number) => ({ color: false, width });

describe('two order logs', () => {
  it('stand beside each other, and the first difference is marked', () => {
    expect(logsText(shown(['a', 'b', 'd']), shown(['a', 'c', 'd']), plain(64))).toEqual([
      '  buggy                         | mended',
      '     0.0 ms  a                  |    0.0 ms  a',
      '→    1.0 ms  b                  |    1.0 ms  c',
      '     2.0 ms  d                  |    2.0 ms  d',
    ]);
  });

  it('stand one below the other on a narrow terminal, and no line is wider than that', () => {
    const lines = logsText(shown(['a', 'b and much more than fits']), shown(['a']), plain(30));
    expect(lines).toEqual([
      'buggy',
      '     0.0 ms  a',
      '→    1.0 ms  b and much more …',
      '',
      'mended',
      '     0.0 ms  a',
    ]);
  });

  it('many equal entries are one line, an abort is the last, and a late entry differs', () => {
    const late = { ...shown(['a']), order: [{ text: 'a', timeNs: 5e6 }] };
    expect(logsText(late, shown(['a']), plain(0))[1]).toMatch(
      /^→ {4}5\.0 ms {2}a .* 0\.0 ms {2}a$/,
    );
    const many = logsText(shown(['a', 'a', 'a', 'a', 'a'], 'why'), shown(['a']), plain(0));
    expect(many.map((line) => line.split('|')[0]!.trim())).toEqual([
      'buggy',
      '→    0.0 ms  a ×5',
      '4.0 ms  abort: why',
    ]);
  });
});

describe('qemu-loop museum', () => {
  it('lists the pieces, also as JSON', async () => {
    const { status, stdout, stderr } = await run(['museum']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^one-waitpid +One waitpid for each SIGCHLD$/m);
    const listed = JSON.parse((await run(['museum', '--json'])).stdout) as { id: string }[];
    expect(listed.map(({ id }) => id)).toEqual(
      [...stdout.matchAll(/^([a-z-]+) {2,}/gm)].map(([, id]) => id),
    );
  });

  it('shows one, with and without the word', async () => {
    const { status, stdout } = await run(['museum', 'show', 'one-waitpid']);
    expect(status).toBe(0);
    expect(stdout).toContain('One waitpid for each SIGCHLD\n\nWhere: erlinit');
    expect(stdout).toMatch(/^→ {40,}\| +100\.0 ms {2}b exited 2$/m);
    expect(stdout).toContain('\nLook at\n- There is one SIGCHLD in both logs');
    expect((await run(['museum', 'one-waitpid'])).stdout).toBe(stdout);
  });

  it("shows the explorer's story of a protocol", async () => {
    const { status, stdout } = await run(['museum', 'early-return']);
    expect(status).toBe(0);
    expect(stdout).toContain('bh-flag --without always-rmw: poller sleeps for ever');
    expect(stdout).toContain('bh-flag: no error in any interleaving under TSO');
  });

  it.each([1, 2])(
    'shows nothing after Ctrl-C in search %i of two, and ends with 130',
    async (nth) => {
      const at = `let n = 0; process.on('newListener', (name) => {
      if (name !== 'SIGINT') return;
      console.error('search');
      if (++n === ${nth}) setImmediate(() => process.emit('SIGINT'));
    });`;
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(at)}`;
      const ended = await run(['museum', 'notify-barrier'], { env: { NODE_OPTIONS } });
      expect(ended).toMatchObject({ status: 130, stdout: '', stderr: 'search\n'.repeat(nth) });
    },
  );

  it('as JSON: the piece with both runs', async () => {
    const { stdout } = await run(['museum', 'show', 'sigchld-ignored', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'sigchld-ignored',
      kind: 'scenarios',
      buggy: { weaknesses: ['sig_ign'], order: [{ text: 't' }], failures: [] },
      mended: { order: [{ text: 'SIGCHLD' }, { text: 'child exited 3' }, { text: 't' }] },
    });
  });

  it.each([
    [['one-waitpi'], "no piece 'one-waitpi': did you mean one-waitpid?"],
    [['zzzzzzzz'], "no piece 'zzzzzzzz': qemu-loop museum lists them"],
    [['show'], 'show needs the ID of a piece: name one'],
    [['hang-up', 'greedy'], 'museum shows one piece, and there are 2'],
    [['--jsn'], "unknown option '--jsn': did you mean --json?"],
  ])('%j is refused', async (args, message) => {
    const { status, stdout, stderr } = await run(['museum', ...args]);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: '',
      stderr: `qemu-loop: ${message} (see qemu-loop museum --help)\n`,
    });
  });
});
