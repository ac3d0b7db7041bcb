/** `--explain`, end to end. */

import { describe, expect, test } from 'vitest';
import { run, start } from '../../support/run.ts';

const CHILD = ['--spawn', 'exit 3'];
const REAP_ALL = /It asks until no dead child is left, since one SIGCHLD may stand for many deaths/;

describe('--explain', () => {
  test('of --spawn: each reason once, under its line', async () => {
    const running = start(['--explain', '--spawn', 'true', '--spawn', 'read x; exit 3']);
    await running.until(/waitpid +\[1\]/, 'stderr');
    running.child.stdin?.end();
    const { status, stderr } = await running.end();
    expect(status).toBe(3);
    expect(stderr).toMatch(/sigchld_bh_handler +reaps until nothing is left\n {9}It asks until/);
    expect(stderr.match(/sigchld_bh_handler/g)!.length).toBeGreaterThan(1);
    expect(stderr.match(new RegExp(REAP_ALL, 'g'))).toHaveLength(1);
  });

  test('with --log-format json it is a member, once for each kind', async () => {
    const { stderr } = await run(['--explain', '--log-format', 'json', ...CHILD]);
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const reasons = lines.flatMap(({ why }) => why ?? []);
    expect(reasons.length).toBeGreaterThan(9);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(lines.find(({ func }) => func === 'sigchld_bh_handler').why).toMatch(REAP_ALL);
  });

  test('without it there is no reason', async () => {
    const { stderr } = await run(CHILD);
    expect(stderr).toContain('sigchld_bh_handler');
    expect(stderr).not.toMatch(REAP_ALL);
  });

  test.each(['sim', 'linux'])(
    'of run on %s: the log of the one run, with reasons',
    async (host) => {
      const args = ['run', '--explain', '--host', host, 'scenarios/sigchld.yaml'];
      const { status, stdout, stderr } = await run(args);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^ok {3}a child dies and is reaped/);
      expect(stderr).toMatch(/order log +child exited 3/);
      expect(stderr).toMatch(REAP_ALL);
    },
  );

  test.each([
    [
      ['run', '--explain', 'scenarios/why'],
      /^qemu-loop: --explain shows one run, and there are \d+: /,
    ],
    [
      ['run', '--explain', '--watch', 'scenarios/sigchld.yaml'],
      /exclude each other: press x in the view/,
    ],
    [['--explain', '--watch', ...CHILD], /exclude each other: press x in the view/],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await run(args);
    expect(status).toBe(2);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stderr).toMatch(message);
  });
});
