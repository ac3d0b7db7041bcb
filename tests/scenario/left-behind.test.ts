/** The processes that the end of a scenario on the real host kills, and those that it must not. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runAlone } from '../host/own-process.ts';
import { stateOf, untilState } from '../support/run.ts';

const RUNNER = join(import.meta.dirname, 'left-behind-runner.ts');

/** Returns the targets of SIGKILL, as arguments of kill(2). */
async function killedBy(...args: string[]): Promise<number[]> {
  const { status, stdout, stderr } = await runAlone(RUNNER, ...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const scenario = (command: string): string =>
  `name: a child\nhost: linux\nchildren: {a: {command: ${JSON.stringify(command)}}}\nsteps: [settle, {spawn: a}, run]\n`;

describe('the end of a scenario', () => {
  test('ends the group of a reaped child, if it has left others behind', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-left-behind-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, 'pids');
    const apart = '</dev/null >/dev/null 2>&1';
    const killed = await killedBy(scenario(`sleep 600 ${apart} & echo $$ $! >${file}`));
    const [child, below] = readFileSync(file, 'utf8').split(' ').map(Number) as [number, number];
    onTestFinished(() => {
      if (stateOf(below) !== undefined) process.kill(below, 'SIGKILL');
    });
    expect(killed).toEqual([-child]);
    await untilState(below, 'Z');
  });

  test('ends nobody if a reaped child left nobody: its pid may be reused', async () => {
    expect(await killedBy(scenario('exit 0'))).toEqual([]);
  });

  test('does not end a process that has got the pid of a reaped child', async () => {
    // To the kernel it looks the same: not a child of the runner, and leader of its own group.
    const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
    const ended = once(stranger, 'exit');
    onTestFinished(() => {
      stranger.kill('SIGKILL');
    });
    expect(await killedBy('', String(stranger.pid))).toEqual([]);
    stranger.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
  });
});
