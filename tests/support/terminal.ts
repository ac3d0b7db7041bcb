/** Terminals of a test, with a shell or a script on them. They go with the test. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { command, NO_CACHE } from './run.ts';
import { Terminal, type TerminalOptions } from './terminal-emulator.ts';

export { Terminal } from './terminal-emulator.ts';

/** The command as a shell on a terminal starts it. */
export const QL = `${process.execPath} ${command}`;

const OUR_ENV = {
  NO_COLOR: '',
  FORCE_COLOR: undefined,
  QL,
  SHELL: '/bin/sh',
  XDG_CACHE_HOME: NO_CACHE,
};

/** Makes a directory that is removed after the test. */
export function testDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tty-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Removes the terminal after the test, even if that fails half-way. */
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

/** Options for an interactive shell, with the prompt `$ ` and $QL. */
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
 * Runs a shell script, in which $QL is qemu-loop, on a terminal that does not echo. The script's
 * parent is a shell that leads the session, as a person's shell would. If the terminal goes away,
 * that shell dies, whatever the script traps, and so the script's job gets SIGHUP.
 */
export function onTerminal(script: string, columns = 80, rows = 24): Terminal {
  const file = join(testDirectory(), 'script.sh');
  writeFileSync(file, `stty -echo; trap : INT\n${script}\n`);
  return terminalOf('/bin/sh', ['-c', 'sh "$0"; exit $?', file], { columns, rows });
}
