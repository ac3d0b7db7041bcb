import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cannot, type Measure, type Row, type Section } from './row.ts';

const OURS = join('dist', 'qemu-loop.cjs');
const ORPHANS = 1_000;

/**
 * Each subshell leaves its child behind. All of these hold the pipe, so cat, and with it the
 * shell, ends when the last one has died: tini ends with its own child, even if others are
 * left.
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

/** @param command the command that all three run */
function row(name: string, command: readonly string[], subreaper: boolean, node?: Measure): Row {
  const whole = (peer: string, args: readonly string[]): Measure =>
    installed(peer)
      ? wholeProcess(peer, [...args, '--', ...command])
      : cannot(`${peer} is not installed`);
  const reap = subreaper ? ['-s'] : [];
  return {
    name,
    unit: 'ms',
    limit: subreaper ? 'the kernel: 2,000 forks' : 'ours: the start of Node',
    ours: existsSync(OURS)
      ? wholeProcess(process.execPath, [OURS, ...reap, '-q', '--', ...command])
      : cannot(`${OURS} is not there: npm run build`),
    node,
    tini: whole('tini', reap),
    // catatonit makes itself a subreaper without an option.
    catatonit: whole('catatonit', []),
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
