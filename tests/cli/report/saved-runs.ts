import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../support/run.ts';

const story = (steps: string): string =>
  `name: two bottom halves
bottom_halves: {a: {}, b: {}}
steps: [${steps}, main_loop_wait, main_loop_wait]
`;

const STORIES = [
  ['ab', '{schedule: a}, {schedule: b}'],
  ['ba', '{schedule: b}, {schedule: a}'],
] as const;

/**
 * Two runs, ab and ba, whose bottom halves are called in another order; each as a trace (ab.json) and as
 * a report (ab.html).
 */
export function savedRuns(): { path: (name: string) => string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-diff-'));
  const path = (name: string): string => join(dir, name);
  const command = join(root, 'dist', 'qemu-loop.cjs');
  for (const [name, steps] of STORIES) {
    writeFileSync(path(`${name}.yaml`), story(steps));
    const files = ['--trace-file', `json:${path(name)}.json`, '--report', path(`${name}.html`)];
    execFileSync(process.execPath, [command, 'run', ...files, path(`${name}.yaml`)], {
      stdio: 'ignore',
    });
  }
  return { path, remove: () => rmSync(dir, { recursive: true }) };
}
