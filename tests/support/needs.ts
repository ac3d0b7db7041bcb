/** Things that some tests need of a machine beside Node. A test that must do without says so. */

import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';

type Skips = Pick<TestContext, 'skip'>;

/** Commands that were tried, and whether they may be run. */
const tried = new Map<string, boolean>();

/**
 * The start of a command that gives a program namespaces of its own. Skips the test if this machine
 * denies them, as containers and chroots do.
 * @param kinds options of unshare(1), such as `--pid --fork`
 */
export function unshare(context: Skips, kinds: string): string {
  const command = `unshare --user --map-root-user ${kinds}`;
  const may = tried.get(command) ?? mayRun(command);
  tried.set(command, may);
  context.skip(!may, `this machine denies it: ${command}`);
  return command;
}

/** Skips the test if it is not root's. */
export function needRoot(context: Skips, why: string): void {
  context.skip(process.getuid!() !== 0, `only root can do it: ${why}`);
}

function mayRun(command: string): boolean {
  const [file, ...args] = command.split(' ');
  return spawnSync(file!, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}
