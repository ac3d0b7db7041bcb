import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statInProc } from '../../../src/host/linux/proc.ts';
import { run, start, stateOf, untilState, untilTrue } from '../../support/run.ts';

let dir = '';
let file = '';
let deaf = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-run-signals-'));
  file = join(dir, 'sleeps.yaml');
  writeFileSync(
    file,
    'name: a child that sleeps\nhost: linux\nchildren: {a: {command: "sleep 600 & wait"}}\nsteps: [{spawn: a}, run]\n',
  );
  deaf = join(dir, 'deaf.yaml');
  writeFileSync(
    deaf,
    `name: children that no terminal and no SIGTERM reaches
host: linux
children:
  keeps: {ignore: [SIGTERM, SIGHUP, SIGINT], children: 1}
  stops: {stop: true}
  a: {command: "trap '' TERM HUP INT; sleep 600 & wait"}
steps: [{spawn: keeps}, {spawn: stops}, {spawn: a}, run]
`,
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Pid of the scenario's child, and of the one that it started itself, if it came to that. */
async function started(
  running: ReturnType<typeof start>,
): Promise<{ child: number; below: number | undefined }> {
  const [, pid] = await running.until(/posix_spawn +\[a\] pid (\d+)\D/, 'stderr');
  const child = Number(pid);
  let below: number | undefined;
  await untilTrue(() => {
    below = belowOf(child);
    return below !== undefined || stateOf(child) === undefined;
  });
  return { child, below };
}

function parentOf(pid: number): number {
  return statInProc(pid)!.ppid;
}

async function untilGone(pids: readonly (number | undefined)[]): Promise<void> {
  for (const pid of pids) if (pid !== undefined) await untilState(pid, 'Z');
}

function belowOf(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return text === '' ? undefined : Number(text.split(' ')[0]);
  } catch {
    return undefined;
  }
}

describe('a signal to qemu-loop run on the real kernel', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it, and all that its scenario started',
    async (signal) => {
      const running = start(['run', file]);
      const { child, below } = await started(running);
      running.kill(signal);
      expect(await running.end()).toMatchObject({ status: null, signal });
      await untilGone([child, below]);
    },
  );

  it.each(['SIGQUIT', 'SIGKILL'] as const)(
    '%s ends it, the worker, and all that its scenario started, at once',
    async (signal) => {
      const running = start(['run', '--timeout', '0', deaf]);
      const { child, below } = await started(running);
      const [, stopped] = await running.until(/posix_spawn +\[stops\] pid (\d+)\D/, 'stderr');
      await untilState(Number(stopped), 'T');
      const [, kept] = await running.until(/posix_spawn +\[keeps\] pid (\d+)\D/, 'stderr');
      const worker = parentOf(child);
      running.kill(signal);
      expect(await running.end()).toMatchObject({ status: null, signal });
      const all = [worker, child, below, Number(stopped), Number(kept)];
      await untilGone(all);
    },
  );

  it('a run that takes too long leaves nobody behind either', async () => {
    const running = start(['run', '--timeout', '1s', file]);
    const { child, below } = await started(running);
    expect(await running.end()).toMatchObject({ status: 1, signal: null });
    await untilGone([child, below]);
  });

  it('a signal whose default action was set, and that is pending at the end, ends nobody', async () => {
    const pending = ['SIGTERM', 'SIGUSR1', 'SIGRTMIN+1'].map((signal) => {
      const path = join(dir, `${signal}.yaml`);
      writeFileSync(
        path,
        `name: ${signal}\nsignals: {${signal}: {}}\nsteps: [{sigaction: {${signal}: default}}, {raise: ${signal}}]\n`,
      );
      return path;
    });
    const { status, stdout, stderr } = await run(['run', '--host', 'linux', ...pending]);
    expect(stdout).toContain('3 passed');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
