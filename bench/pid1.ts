import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Measure, Row, Section } from './row.ts';

const OURS = join('dist', 'qemu-loop.cjs');
const ORPHANS = 1_000;

/**
 * Each subshell leaves its child behind. All of those hold the pipe, so that cat,
 * and with it the shell, ends when the last has died: tini ends with its child,
 * whoever is left.
 */
const LEAVES_ORPHANS = `{ i=0; while [ $i -lt ${ORPHANS} ]; do ( /bin/true & ); i=$((i+1)); done; } | cat`;

function wholeProcess(command: string, args: readonly string[]): Measure {
  return () => {
    const start = process.hrtime.bigint();
    const { status, error } = spawnSync(command, args, { stdio: 'ignore' });
    if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: exit ${status}`);
    return Number(process.hrtime.bigint() - start);
  };
}

function installed(command: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', command]).status === 0;
}

/** @param command what the three run */
function row(name: string, command: readonly string[], subreaper: boolean, node?: Measure): Row {
  const missing = ['tini', 'catatonit'].filter((peer) => !installed(peer));
  const whole = (peer: string, args: readonly string[]): Measure | undefined =>
    missing.includes(peer) ? undefined : wholeProcess(peer, [...args, '--', ...command]);
  const built = existsSync(OURS);
  const why = [
    ...missing.map((peer) => `${peer} is not installed`),
    ...(built ? [] : [`${OURS} is not there: npm run build`]),
  ];
  const reap = subreaper ? ['-s'] : [];
  return {
    name,
    unit: 'ms',
    ours: built
      ? wholeProcess(process.execPath, [OURS, ...reap, '-q', '--', ...command])
      : undefined,
    node,
    tini: whole('tini', reap),
    // It makes itself a subreaper without being told.
    catatonit: whole('catatonit', []),
    why: why.join('; '),
  };
}

export const pid1: Section = {
  name: 'pid1',
  about: 'whole processes, start to exit; ours is dist/ (npm run build), Node is node -e 0',
  rows: [
    () => row('/bin/true', ['/bin/true'], false, wholeProcess(process.execPath, ['-e', '0'])),
    () =>
      row(
        `sh that leaves ${ORPHANS.toLocaleString('en')} orphans, all reaped`,
        ['sh', '-c', LEAVES_ORPHANS],
        true,
      ),
  ],
};
