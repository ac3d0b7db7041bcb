import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Measure, Row, Section } from './row.ts';

/** Enough that the warm-up of V8 does not matter. */
const COUNT = 3_000;
/** For the C programs, which need no warm-up. */
const C_COUNT = 1_000;
/** For Node itself, which is much slower. */
const NODE_COUNT = 400;
/** Bundled as a program of its own, since it blocks the signals of its whole process. */
const OURS = join(import.meta.dirname ?? '.', 'children.mjs');

function ours(atOnce: number): Measure {
  return () => {
    const ran = spawnSync(process.execPath, [OURS, String(COUNT), String(atOnce)], {
      encoding: 'utf8',
    });
    if (ran.status !== 0) throw new Error(`children: ${ran.stderr}`);
    return Number(ran.stdout);
  };
}

function nodes(atOnce: number): Measure {
  const total = Math.max(NODE_COUNT, atOnce);
  return () =>
    new Promise((resolve, reject) => {
      const start = process.hrtime.bigint();
      let started = 0;
      let ended = 0;
      const batch = (): void => {
        for (let i = 0; i < atOnce; i++, started++) {
          spawn('/bin/true', [], { stdio: 'inherit' }).on('error', reject).on('exit', onExit);
        }
      };
      const onExit = (): void => {
        if (++ended === total) resolve(Number(process.hrtime.bigint() - start) / total);
        else if (ended === started) batch();
      };
      batch();
    });
}

function row(name: string, atOnce: number, recorded?: Row['recorded']): () => Row {
  return () => ({
    name,
    unit: 'per second',
    recorded,
    limit: 'the kernel: starting and ending a process',
    // A round takes some seconds, and a single one would say little.
    enoughMs: 15_000,
    qemu: { row: `children-${atOnce}`, count: C_COUNT },
    c: { row: `children-${atOnce}`, count: C_COUNT },
    ours: ours(atOnce),
    node: nodes(atOnce),
  });
}

export const children: Section = {
  name: 'children',
  about: '/bin/true started, its SIGCHLD read, and reaped; Node is child_process.spawn',
  rows: [
    row('children one after the other', 1, 'children-1'),
    row('100 children at once', 100, 'children-100'),
    row('1,000 children at once', 1000),
  ],
};
