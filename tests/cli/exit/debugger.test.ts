import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, start } from '../../support/run.ts';

let dir = '';
const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-debugger-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Whether a process handles SIGUSR1, as Node does if it would open its port. */
function catchesUsr1(pid: number): boolean {
  const [, hex] = /^SigCgt:\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!;
  return (BigInt(`0x${hex}`) & (1n << 9n)) !== 0n;
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]);
}

describe("SIGUSR1 does not open Node's debugger", () => {
  it('in the process of a run, nor in its worker', async () => {
    const text =
      'name: sleeps\nhost: linux\nchildren: {a: {command: "sleep 600"}}\nsteps: [{spawn: a}, run]\n';
    const running = start(['run', file('sleeps.yaml', text)]);
    const [, pid] = await running.until(/posix_spawn +\[a\] pid (\d+)\D/, 'stderr');
    const worker = parentOf(Number(pid));
    expect([running.pid, worker].map(catchesUsr1)).toEqual([false, false]);
    process.kill(Number(pid));
    expect((await running.end()).stderr).not.toContain('Debugger');
  });

  it('at the end of a scenario that leaves it pending, whose reads of the sigfd fail', async () => {
    const files = ['EINTR', 'EIO'].flatMap((error) =>
      ['SIGUSR1', 'SIGUSR2'].map((signal) =>
        file(
          `${error}-${signal}.yaml`,
          `name: ${error} ${signal}\nsignals: {${signal}: {}}\n` +
            `faults: [{call: read, on: sigfd, error: ${error}, times: 5}]\nsteps: [{raise: ${signal}}]\n`,
        ),
      ),
    );
    const { status, stdout, stderr } = await run(['run', '--host', 'linux', ...files]);
    expect(stdout).toContain('4 passed');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
