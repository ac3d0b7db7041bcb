/** `qemu-loop run` and `qemu-loop check`: from the command line to the exit status. */

import type { Host } from '../../host/host.ts';
import { allWriter } from '../exit/write-all.ts';
import { isTerminal, needTerminal, stdoutStyle } from '../terminal/terminal.ts';
import { checkCommand } from './check-command.ts';
import { runCommand } from './run-command.ts';
import { type AskedRun, parseCheck, parseRun } from './run-options.ts';

const STDOUT = 1;
const STDERR = 2;

/**
 * Runs the command.
 * @param own the process's own host
 * @param args the command line, beginning with `run` or `check`
 * @returns the exit status
 * @throws CliError if the command line is wrong
 */
export async function scenarioMain(own: Host | null, args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  const output = { out: allWriter(own, STDOUT), err: allWriter(own, STDERR) };
  if (command === 'check') {
    const asked = parseCheck(rest);
    if (!('text' in asked)) return checkCommand(own, asked, output);
    output.out(asked.text);
    return 0;
  }
  const asked = parseRun(rest);
  if ('text' in asked) {
    output.out(asked.text);
    return 0;
  }
  if (asked.watch) needTerminal(own);
  return runCommand({ ...withTerminal(own, asked), argv: args }, output);
}

function withTerminal(own: Host | null, asked: AskedRun) {
  const { color, qemuBuild, ...options } = asked;
  const style = stdoutStyle(own, color);
  const progress = isTerminal(own, STDOUT) && isTerminal(own, STDERR);
  const worker = new URL('./scenario-worker.cjs', import.meta.url);
  const qemu = {
    build: qemuBuild ?? process.env.QEMU_BUILD,
    isTyped: qemuBuild !== undefined,
    driver: new URL('./qemu-driver/driver.c', import.meta.url),
  };
  return { ...options, own, style, progress, worker, qemu };
}
