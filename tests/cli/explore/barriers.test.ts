import { describe, expect, it } from 'vitest';
import { run } from '../../support/run.ts';
import { read } from '../../tree/files.ts';

/** The commands of docs/barriers.md, and the first lines of what each prints. */
const blocks = [
  ...read('docs/barriers.md').matchAll(/^```\n\$ qemu-loop (.*)\n([\s\S]*?)^```$/gm),
].map(([, line, printed]) => [line!, printed!.trimEnd()] as const);

describe('docs/barriers.md', () => {
  it('has commands', () => {
    expect(blocks.length).toBeGreaterThan(15);
  });

  it.each(blocks)('%s', async (line, printed) => {
    const { status, stdout, stderr } = await run(line.split(' '));
    expect(stderr).toBe('');
    expect(stdout.startsWith(printed), stdout.slice(0, 400)).toBe(true);
    expect(status).toBe(printed.includes('no error') ? 0 : 1);
  });
});
