import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fdsFor, NO_FDS } from './fds.ts';
import { cannot, type Row, type Section } from './row.ts';

const OURS = join(import.meta.dirname ?? '.', 'memory-ours.mjs');
const OBJECTS = 10_000;
const ITERATIONS = 1_000_000;
/**
 * Size of the young generation, MiB: large enough that nothing is collected while bytes are
 * counted.
 */
const YOUNG = ['--min-semi-space-size=256', '--max-semi-space-size=256'];

function run(flags: readonly string[], args: readonly string[]): number {
  const all = ['--expose-gc', ...flags, OURS, ...args];
  const ran = spawnSync(process.execPath, all, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`bench/memory-ours.ts ${args.join(' ')}: ${ran.stderr}`);
  return Number(ran.stdout);
}

function each(kind: string, object: string): () => Row {
  const name = `bytes of ${object}`;
  return () => {
    if (kind === 'fd' && !fdsFor(OBJECTS + 2_000)) return { name, ours: cannot(NO_FDS) };
    return {
      name,
      unit: 'bytes',
      once: true,
      ours: () => run([], ['each', kind, String(OBJECTS)]),
    };
  };
}

function iteration(work: string, name: string): (() => Row)[] {
  const row = (what: string, unit: Row['unit'], flags: readonly string[]) => (): Row => ({
    name: what === 'bytes' ? `${name}: bytes an iteration` : `${name}: scavenges`,
    unit,
    once: true,
    ours: () => run(flags, [what, work, String(ITERATIONS)]),
  });
  return [row('bytes', 'bytes', YOUNG), row('scavenges', 'count', [])];
}

export const memory: Section = {
  name: 'memory',
  about:
    'bytes of JavaScript objects after a collection, of 10,000 each; what a steady iteration ' +
    'allocates, and how often V8 clears the young generation in 1,000,000 of them',
  rows: [
    each('fd', 'an fd handler'),
    each('timer', 'an armed timer'),
    each('bh', 'a scheduled bottom half'),
    each('child', 'a watched child'),
    ...iteration('bh', 'bottom half + aio_poll'),
    ...iteration('notifier', 'notifier + aio_poll'),
    ...iteration('pipe', 'pipe + aio_poll'),
    ...iteration('main-loop', 'main_loop_wait, nothing to do'),
  ],
};
