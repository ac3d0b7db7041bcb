import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Row, Section } from './row.ts';

const COMMAND = join('dist', 'qemu-loop.cjs');
const RUNS = 5;

/** Time from the start of a command to its first byte on stdout, ns; the median of some runs. */
function toFirstByte(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = process.hrtime.bigint();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let at = 0n;
    child.stdout.once('data', () => {
      at = process.hrtime.bigint();
    });
    child.on('error', reject);
    child.on('close', () =>
      at === 0n ? reject(new Error('no output')) : resolve(Number(at - start)),
    );
  });
}

function wholeProcess(args: readonly string[]): number {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}`);
  return Number(process.hrtime.bigint() - start);
}

async function medianOf(run: () => Promise<number> | number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await run());
  return times.sort((a, b) => a - b)[RUNS >> 1]!;
}

function firstChild(): Row {
  return {
    name: "start to the first child's first byte, against node -e 0",
    unit: 'ms',
    ours: () => medianOf(() => toFirstByte([COMMAND, '--quiet', '--', '/bin/echo', 'x'])),
    node: () => medianOf(() => wholeProcess(['-e', '0'])),
  };
}

function whole(): Row {
  return {
    name: 'a whole run of /bin/true, against node -e 0',
    unit: 'ms',
    ours: () => medianOf(() => wholeProcess([COMMAND, '--quiet', '--', '/bin/true'])),
    node: () => medianOf(() => wholeProcess(['-e', '0'])),
  };
}

export const startup: Section = {
  name: 'startup',
  about: 'whole processes, from dist/ (npm run build)',
  rows: [firstChild, whole],
};
