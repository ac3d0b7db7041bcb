import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROGRAMS } from '../../../src/explore/programs/all.ts';
import { run } from '../../support/run.ts';
import { onTerminal } from '../../support/terminal.ts';

const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-explore-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('qemu-loop explore', () => {
  it('lists the programs and their weakenings', async () => {
    const { status, stdout } = await run(['explore']);
    expect(status).toBe(0);
    for (const { name, weakenings } of PROGRAMS) {
      expect(stdout).toContain(`\n${name}\n`.slice(stdout.startsWith(name) ? 1 : 0));
      for (const one of weakenings) expect(stdout).toContain(`--without ${one.name}  (`);
    }
    const listed = await run(['explore', '--json']);
    expect(JSON.parse(listed.stdout).map(({ name }: { name: string }) => name)).toEqual(
      PROGRAMS.map(({ name }) => name),
    );
  });

  it('shows the lost wake-up of aio_notify without its barrier', async () => {
    const args = ['explore', 'aio_notify', '--without', 'smp_mb', '--model', 'tso'];
    const { status, stdout } = await run(args);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^aio_notify --without smp_mb: poller sleeps for ever\nunder TSO; the shortest way has 17 steps\n/,
    );
    expect(stdout).toMatch(/store NOTIFIED 1 +notify: notifies {2}\[scheduler a: NOTIFIED = 1\]\n/);
    expect(stdout).toMatch(
      /NOTIFIED = 1 +its store reaches memory\n\n {2}poller waits for eventfd\n/,
    );
    const lanes = await run([...args, '--view', 'lanes']);
    expect(lanes.stdout).toMatch(
      /\n {2}│ ● │ notifies \(store NOTIFIED 1\)\n {2}│ ● │ looks whether/,
    );
    expect(lanes.stdout).toMatch(/\n {2}● □ □ changes the number of sleepers/);
    const strong = await run([...args.slice(0, 4), '--model', 'sc']);
    expect(strong).toMatchObject({ status: 0 });
    expect(strong.stdout).toMatch(/: no error in any interleaving under SC\n[\d,]+ states, /);
  });

  it('reduces, unless it is told not to', async () => {
    const [reduced, whole] = await Promise.all([
      run(['explore', 'inbox', '--model', 'sc', '--json']),
      run(['explore', 'inbox', '--model', 'sc', '--json', '--no-reduction']),
    ]);
    const [few, many] = [JSON.parse(reduced.stdout), JSON.parse(whole.stdout)];
    expect([few.error, many.error]).toEqual([null, null]);
    expect(few.ends).toBe(many.ends);
    expect(few.states).toBeLessThan(many.states / 2);
  });

  it('draws a page, and writes a model for Spin', async () => {
    const [page, model] = [join(dir, 'story.html'), join(dir, 'inbox.pml')];
    const args = ['explore', 'inbox', '--without', 'second-look'];
    const { status } = await run([...args, '--html', page, '--promela', model]);
    expect(status).toBe(1);
    const html = readFileSync(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>/);
    // Two drawings, of three threads each.
    expect(html.match(/<line class="lane /g)).toHaveLength(6);
    expect(html).toContain('as shipped');
    expect(html).toContain('waits for eventfd for ever');
    expect(html).not.toMatch(/https?:|<script/);
    expect(readFileSync(model, 'utf8').match(/^active proctype thread\d/gm)).toHaveLength(3);
  });

  it('writes no page if there is no error', async () => {
    const page = join(dir, 'none.html');
    const { status, stderr } = await run(['explore', 'inbox-notify', '--html', page]);
    expect(status).toBe(0);
    expect(stderr).toContain('no page is written');
    expect(existsSync(page)).toBe(false);
  });

  it.each([
    ['an unknown program', ['inbx'], /no program 'inbx': did you mean inbox\?/],
    [
      'an unknown weakening',
      ['inbox', '--without', 'x'],
      /inbox has no weakening 'x': it is one of sle/,
    ],
    ['an unknown model', ['inbox', '--model', 'arm'], /--model/],
    ['a weakening without a program', ['--without', 'x'], /--without needs a program/],
    ['no memory', ['inbox', '--memory', '0'], /MiB from 1/],
  ])('%s: one line, and status 2', async (_, args, message) => {
    const { status, stdout, stderr } = await run(['explore', ...args]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr.match(/\n/g)).toHaveLength(1);
  });

  it('keeps to its memory', async () => {
    const { status, stdout } = await run(['explore', 'iothread_stop', '--memory', '2']);
    expect(status).toBe(125);
    expect(stdout).toMatch(/the memory is used up \(see --memory\): no error in the states so far/);
  });
});

describe('on a terminal', () => {
  it('draws lanes in 40 columns', async () => {
    const terminal = onTerminal(
      '$QL explore inbox --without second-look; echo "status $?"',
      40,
      60,
    );
    await terminal.until(/status 1/);
    const screen = terminal.screen();
    expect(screen).toMatch(/^ {2}home$/m);
    expect(screen).toMatch(/^ {2}│ scheduler a$/m);
    expect(screen).toMatch(/^ {2}│ ● │ looks whether home sleeps \(load$/m);
    expect(screen).toMatch(/^ {2}│ │ │ SLEEPS: 0\)$/m);
    expect(screen).toMatch(/^ {2}home waits for eventfd$/m);
  });

  it('keeps to 40 columns, also with its verdict and its progress', async () => {
    const terminal = onTerminal(
      '$QL explore notified-event --without event-first; $QL explore aio_co_schedule --no-reduction; echo "status $?"',
      40,
      60,
    );
    await terminal.until(/\nunder SC; the shortest way has 12 steps\n/);
    expect(terminal.screen()).toMatch(
      /^notified-event --without event-first:\n {2}the eventfd is set, and nobody will\n {2}clear it: every poll returns at once\n/m,
    );
    await terminal.until(/^[\d,]+ states; Ctrl-C ends it$/m);
    terminal.type('\x03');
    await terminal.until(
      /^aio_co_schedule:\n {2}interrupted: no error in the states so\n {2}far under PSO\n[\d,]+ states, /m,
    );
    await terminal.until(/status 130/);
  });

  it('shows how far it is, and Ctrl-C ends it with what is known', async () => {
    const terminal = onTerminal('$QL explore aio_co_schedule --no-reduction; echo "status $?"');
    await terminal.until(/[\d,]+ states, [\d,]+ transitions; Ctrl-C ends it/);
    terminal.type('\x03');
    await terminal.until(/interrupted: no error in the states so far under PSO\n[\d,]+ states/);
    await terminal.until(/status 130/);
  });
});
