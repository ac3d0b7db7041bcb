/** `qemu-loop run` and `qemu-loop check`: from the command line to the exit status. */

import { isatty } from 'node:tty';
import { allWriter } from '../exit/write-all.ts';
import { needTerminal } from '../terminal/terminal.ts';
import { wantsColor } from '../text/style.ts';
import { checkCommand } from './check-command.ts';
import { runCommand } from './run-command.ts';
import { type AskedRun, parseCheck, parseRun } from './run-options.ts';

const STDOUT = 1;
const STDERR = 2;

/**
 * Runs the command.
 * @param args the command line, beginning with `run` or `check`
 * @returns the exit status
 * @throws CliError if the command line is wrong
 */
export async function scenarioMain(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  const output = { out: allWriter(STDOUT), err: allWriter(STDERR) };
  if (command === 'check') {
    const asked = parseCheck(rest);
    if (!('text' in asked)) return checkCommand(asked, output);
    output.out(asked.text);
    return 0;
  }
  const asked = parseRun(rest);
  if ('text' in asked) {
    output.out(asked.text);
    return 0;
  }
  if (asked.watch) await needTerminal();
  return runCommand({ ...withTerminal(asked), argv: args }, output);
}

/**
 * Touches process.stdout only if it is a terminal: on a pipe Node would set O_NONBLOCK, also for
 * others that share it.
 */
function withTerminal(asked: AskedRun) {
  const { color, qemuBuild, ...options } = asked;
  const isTerminal = isatty(STDOUT);
  const style = {
    color: wantsColor(color, isTerminal, process.env),
    width: isTerminal ? process.stdout.columns : 0,
  };
  const progress = isTerminal && isatty(STDERR);
  const worker = new URL('./scenario-worker.cjs', import.meta.url);
  const qemu = {
    build: qemuBuild ?? process.env.QEMU_BUILD,
    isTyped: qemuBuild !== undefined,
    driver: new URL('./qemu-driver/driver.c', import.meta.url),
  };
  return { ...options, style, progress, worker, qemu };
}
