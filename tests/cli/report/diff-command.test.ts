import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../support/run.ts';
import { savedRuns } from './saved-runs.ts';

const runs = savedRuns();
const { path } = runs;
afterAll(() => runs.remove());

describe('qemu-loop report --diff', () => {
  it('0 if the runs are the same, whether they are traces or pages', async () => {
    for (const other of ['ab.json', 'ab.html']) {
      const args = ['report', '--diff', path('ab.json'), path(other), '--exact'];
      const { status, stdout, stderr } = await run(args);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/The runs are the same: \d+ events\.\n$/);
    }
  });

  it('1 if they differ, with the first difference marked', async () => {
    const { status, stdout, stderr } = await run([
      'report',
      '--diff',
      path('ab.json'),
      path('ba.html'),
    ]);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain(`A  ${path('ab.json')}: `);
    expect(stdout).toMatch(/→ the first difference\n- \d+ aio_bh_enqueue .* bh a /);
  });

  it('the CPU time of a thread, which comes by the clock, counts only with --exact', async () => {
    const told = '{"event":"thread_cputime","ns":1,"cpu":5}\n';
    const lines = readFileSync(path('ab.json'), 'utf8');
    writeFileSync(path('told.json'), `${lines}${told}`);
    const args = ['report', '--diff', path('ab.json'), path('told.json')];
    expect(await run(args)).toMatchObject({ status: 0 });
    expect(await run([...args, '--exact'])).toMatchObject({ status: 1 });
  });

  it('-o writes a page and a line; --text prints the differences too', async () => {
    const page = path('diff.html');
    const args = ['report', '--diff', path('ab.json'), path('ba.json'), '-o', page];
    const made = await run(args);
    expect(made.status).toBe(1);
    expect(made.stdout).toMatch(/^\S+diff\.html: The first difference is event \d+ of A/);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/);
    expect((await run([...args, '--text'])).stdout).toContain('→ the first difference');
  });

  it.each([
    ['one file', ['--diff', 'ab.json'], /name two files, not 1 \(see qemu-loop report --help\)/],
    ['a file that is not there', ['--diff', 'ab.json', 'no'], /cannot read the trace/],
    ['a page without a trace', ['--diff', 'ab.json', 'bare.html'], /a page without a trace/],
    ['the page over a trace', ['--diff', 'ab.json', 'ba.json', '-o', 'ab.json'], /would overwrite/],
    ['two traces without --diff', ['ab.json', 'ba.json'], /compare two with --diff/],
    ['--exact without --diff', ['--exact', 'ab.json'], /--exact is for --diff/],
    ['--slow', ['--diff', '--slow', '1ms', 'ab.json', 'ba.json'], /--slow says nothing/],
  ])('2 and a line for %s', async (_what, args, text) => {
    writeFileSync(path('bare.html'), '<!doctype html>\n<p>hello');
    const kept = readFileSync(path('ab.json'), 'utf8');
    const full = args.map((arg) => (/^(ab|ba|no|bare)/.test(arg) ? path(arg) : arg));
    const { status, stdout, stderr } = await run(['report', ...full]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(readFileSync(path('ab.json'), 'utf8')).toBe(kept);
    expect(existsSync(path('no'))).toBe(false);
  });
});
