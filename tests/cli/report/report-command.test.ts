import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, run, start } from '../../support/run.ts';

const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-report-'));
afterAll(() => rmSync(dir, { recursive: true }));
const path = (name: string): string => join(dir, name);

describe('qemu-loop --report', () => {
  it('draws the run when it has ended, whatever its status', async () => {
    const page = path('run.html');
    const args = ['--report', page, '--spawn', 'echo "<b>"; exit 3'];
    const { status, stderr } = await run(args);
    expect(status).toBe(3);
    expect(stderr).toMatch(/run\.html: \d+ events, (nothing found|\d+ findings?)\n/);
    expect(readFileSync(page, 'utf8')).toContain(
      '<title>qemu-loop --spawn &#39;echo &#34;&#60;b&#62;&#34;; exit 3&#39;',
    );
  });

  it('is silent with --quiet, and refuses a path that cannot be written before the run', async () => {
    const quiet = await run(['--quiet', '--report', path('quiet.html'), '--', 'true']);
    expect(quiet).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(path('quiet.html'))).toBe(true);
    const refused = await run(['--report', '/nonexistent/x.html', '--', 'touch', path('never')]);
    expect(refused.status).toBe(125);
    expect(refused.stderr).toMatch(
      /^qemu-loop: cannot write the report \S+: No such file or directory \(ENOENT\)\n$/,
    );
    expect(existsSync(path('never'))).toBe(false);
  });

  it('is written when a signal ends the run', async () => {
    const page = path('signal.html');
    const running = start(['--report', page, '--spawn', 'echo up; exec sleep 60']);
    await running.until(/up/);
    running.kill('SIGTERM');
    expect(await running.end()).toMatchObject({ status: 143 });
    expect(readFileSync(page, 'utf8')).toContain('sigchld_bh');
  });
});

describe('qemu-loop report', () => {
  it.each(['json', 'simple'])('draws a %s trace of a real run', async (format) => {
    const trace = path(`run.${format}`);
    const page = path(`${format}.html`);
    const spawns = ['--spawn', 'exit 3', '--spawn', 'kill -9 $$'];
    const traced = await run(['--quiet', '--trace-file', `${format}:${trace}`, ...spawns]);
    expect(traced).toMatchObject({ status: 3, stderr: '' });
    const made = await run(['report', trace, '-o', page]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(made.stdout).toMatch(new RegExp(`^${page}: \\d+ events, `));
    const html = readFileSync(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).toContain('sigchld_bh');
  });

  it('is written next to the trace by default', async () => {
    const trace = path('beside.trace');
    await run(['--quiet', '--trace-file', `simple:${trace}`, '--spawn', 'true']);
    expect(await run(['report', trace])).toMatchObject({ status: 0 });
    expect(existsSync(`${trace}.html`)).toBe(true);
  });

  it('--slow sets the limit for slow callbacks', async () => {
    const trace = path('slow.trace');
    await run(['--quiet', '--trace-file', `json:${trace}`, '--spawn', 'true']);
    const page = path('slow.html');
    const { stdout } = await run(['report', trace, '-o', page, '--slow', '1us']);
    expect(stdout).toMatch(/held the loop for/);
    const lax = await run(['report', trace, '-o', page, '--slow', '1h']);
    expect(lax.stdout).not.toMatch(/held the loop for/);
  });

  it.each([
    [
      'a trace that is not there',
      ['report', '/nonexistent/x'],
      /cannot read the trace \/nonexistent\/x: No such file or directory \(ENOENT\)/,
    ],
    [
      'no trace',
      ['report'],
      /there is no trace to draw: name its file \(see qemu-loop report --help\)/,
    ],
    ['a time without a unit', ['report', 'x', '--slow', '5'], /--slow/],
  ])('of %s says so in a line', async (_what, args, text) => {
    const { status, stdout, stderr } = await run(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says so if the trace was cut off', async () => {
    const trace = path('cut.trace');
    await run(['--quiet', '--trace-file', `json:${trace}`, '--spawn', 'true']);
    const bytes = readFileSync(trace);
    writeFileSync(trace, bytes.subarray(0, bytes.length - 3));
    const { status, stdout } = await run(['report', trace]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      / events, (nothing found|\d+ findings?), and the trace ends in the middle of an event$/m,
    );
  });

  it('rejects a file that is not a trace, and says what it wants', async () => {
    writeFileSync(path('no.trace'), 'hello');
    const { status, stderr } = await run(['report', path('no.trace')]);
    expect(status).toBe(2);
    expect(stderr).toContain('not a trace');
  });

  it('has a page of its own code that is under 400 kB, and ends no block in it', () => {
    const script = readFileSync(join(root, 'dist', 'report-page.js'), 'utf8');
    const style = readFileSync(join(root, 'dist', 'report-page.css'), 'utf8');
    expect(script.length + style.length).toBeLessThan(400_000);
    expect(script).not.toMatch(/<\/script|<!--/i);
    expect(style).not.toMatch(/<\/style|@import|url\(/i);
  });
});
