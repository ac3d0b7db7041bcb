/** Terminals of a test, with a shell or a script on them. They go with the test. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { command } from './run.ts';
import { Terminal, type TerminalOptions } from './terminal-emulator.ts';

export { Terminal } from './terminal-emulator.ts';

/** The command as a shell on a terminal starts it. */
export const QL = `${process.execPath} ${command}`;

const OUR_ENV = { NO_COLOR: '', FORCE_COLOR: undefined, QL, SHELL: '/bin/sh' };

/** Makes a directory that is removed after the test. */
export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tty-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Ends the terminal with its test, even if the test fails half-way. */
export function goesWithTest(terminal: Terminal): void {
  onTestFinished(() => terminal.kill());
}

/** Runs a program that has a terminal of its own. */
export function terminalOf(
  file: string,
  args: readonly string[],
  options: TerminalOptions = {},
): Terminal {
  const env = { ...process.env, ...OUR_ENV, ...options.env };
  const terminal = new Terminal(file, args, { ...options, env });
  goesWithTest(terminal);
  return terminal;
}

/** Options that make a shell interactive, with the prompt `$ ` and $QL. */
export function shellOptions(columns = 80, rows = 24): TerminalOptions {
  const env = { ...process.env, ...OUR_ENV, PS1: '$ ', ENV: '' };
  return { columns, rows, env };
}

/** An interactive shell. */
export function shellTerminal(
  columns = 80,
  rows = 24,
  shell = '/bin/sh',
  ...args: string[]
): Terminal {
  return terminalOf(shell, [...args, '-i'], shellOptions(columns, rows));
}

/**
 * Runs a script of a shell, in which $QL is qemu-loop. Its terminal does not echo. Above it
 * stands a shell that leads the session, as a person's would: where the terminal goes away that
 * one dies, whatever the script traps, and so the script's job gets SIGHUP.
 */
export function onTerminal(script: string, columns = 80, rows = 24): Terminal {
  const file = join(testDirectory(), 'script.sh');
  writeFileSync(file, `stty -echo; trap : INT\n${script}\n`);
  return terminalOf('/bin/sh', ['-c', 'sh "$0"; exit $?', file], { columns, rows });
}
