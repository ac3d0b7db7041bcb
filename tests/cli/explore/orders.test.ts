import { describe, expect, it } from 'vitest';
import { run } from '../../support/run.ts';
import { onTerminal } from '../../support/terminal.ts';
import { read } from '../../tree/files.ts';

const RARE = 'scenarios/rare-order.yaml';

describe('qemu-loop explore FILE', () => {
  it('tells all orders, and the simplest that breaks what is expected', async () => {
    const { status, stdout, stderr } = await run(['explore', RARE]);
    expect(stderr).toBe('');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^a rare order {2}\S+\n2 orders in \d+ runs: 1 breaks what the file expects\n/,
    );
    expect(stdout).toMatch(/\nok {2} +\d+ {2}a exited 0, SIGTERM\n +--schedule 0\n/);
    expect(stdout).toContain('\nthe simplest that breaks it:\n');
    expect(stdout).toContain('  - a exited 0  expected\n');
    const again = /^run it again: qemu-loop (run .* --schedule \S+)$/m.exec(stdout)![1]!;
    expect(read('docs/scenarios.md')).toContain(`\n    qemu-loop ${again}\n`);
    const repeated = await run(again.split(' '));
    expect(repeated.status).toBe(1);
    expect(repeated.stdout).toContain(again);
  });

  it('keeps to 40 columns: an order that does not fit begins where it differs', async () => {
    const terminal = onTerminal('$QL explore --runs 200 scenarios/storm.yaml', 40, 60);
    await terminal.until(/more orders: see --json/);
    const lines = terminal.screen().split('\n');
    expect(lines).toContain('      runs  order');
    const orders = lines.filter((line) => line.startsWith('ok  '));
    expect(new Set(orders.map((line) => line.slice(12))).size).toBe(orders.length);
    expect(orders.some((line) => / {2}… /.test(line))).toBe(true);
  });

  it('has every order as JSON', async () => {
    const { status, stdout } = await run(['explore', '--json', RARE]);
    expect(status).toBe(1);
    const { orders, isCut } = JSON.parse(stdout);
    expect(isCut).toBe(false);
    expect(orders.map(({ order }: { order: string[] }) => order)).toEqual([
      ['a exited 0', 'SIGTERM'],
      ['SIGTERM'],
    ]);
  });

  it('says that it was cut off, and that there are more preemptions', async () => {
    const cut = await run(['explore', '--runs', '20', 'scenarios/storm.yaml']);
    expect(cut.status).toBe(0);
    expect(cut.stdout).toContain(' in 20 runs: all hold\ncut off, there may be more orders');
    const threads = 'scenarios/threads/big-lock-given-back.yaml';
    const few = await run(['explore', '--preemptions', '0', threads]);
    expect(few.status).toBe(0);
    expect(few.stdout).toMatch(/: it holds\nwith at most 0 preemptions; \d+ more were possible/);
  });

  it.each([
    [['explore', RARE, '--model', 'tso'], '--model is for programs, not for files: leave it out'],
    [['explore', 'inbox', '--runs', '3'], '--runs is for scenarios: name a file'],
    [['explore', RARE, '--preemptions', 'x'], 'expected a number from 0 to 100'],
    [['explore', 'no/such.yaml'], 'no/such.yaml:1:1: it cannot be read: No such file'],
    [['run', RARE, '--schedule', '1:2:3'], 'expected one that `qemu-loop explore FILE` prints'],
    [['run', RARE, '--schedule', '1:2', '--seed', '3'], 'leave the seed out'],
    [['run', RARE, '--schedule', '1:2', '--host', 'linux'], 'add --host sim'],
    [['run', RARE, '--schedule', '1:9'], 'the schedule 1:9 is not one of this file: at place 2'],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await run(args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
