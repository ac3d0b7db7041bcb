import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fillMarkers } from '../../bench/docs.ts';
import { plots } from '../../bench/plots.ts';
import { benchRun, result } from './bench-run.ts';

const PAGE = `before
<!-- table:core -->
old
<!-- /table -->
between
<!-- table:other -->
kept
<!-- /table -->
after
`;

describe('docs/performance.md', () => {
  it('gets its tables between the markers, and keeps the rest', () => {
    const filled = fillMarkers(PAGE, benchRun([result('$& a')]));
    expect(filled).toBe(
      PAGE.replace(
        'old\n',
        () =>
          '\n| work | ours | min–max |\n| --- | --: | --: |\n| $& a | 200 | 100–300 |\n\nA note.\n\n',
      ),
    );
    expect(fillMarkers(filled, benchRun([result('$& a')]))).toBe(filled);
  });

  it('has a marker for each section that is measured', () => {
    const root = join(import.meta.dirname ?? '.', '..', '..');
    const page = readFileSync(join(root, 'docs', 'performance.md'), 'utf8');
    const main = readFileSync(join(root, 'bench', 'main.ts'), 'utf8');
    const sections = main.match(/SECTIONS: readonly Section\[\] = \[([^\]]*)\]/)![1]!;
    for (const name of sections.match(/\w+/g)!) expect(page).toContain(`<!-- table:${name} -->`);
  });
});

describe('drawings', () => {
  it('are made if there is something to draw', () => {
    expect([...plots(benchRun([result('a')])).keys()]).toEqual([]);
    const counts = ['10', '1,000'];
    const drawn = plots(
      benchRun([
        result('a', { qemuNs: 100 }),
        ...counts.map((n) => result(`main_loop_wait, ${n} idle fds + 1 active`)),
        ...counts.map((n) => result(`arming anew one of ${n} timers`)),
      ]),
    );
    expect([...drawn.keys()]).toEqual(['ratio', 'idle', 'timers']);
    for (const svg of drawn.values()) expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(drawn.get('ratio')).toContain('<title>a: 2</title>');
    expect(drawn.get('idle')).toContain('<polyline');
  });
});
