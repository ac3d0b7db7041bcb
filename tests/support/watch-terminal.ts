/** A terminal on which a full-screen view of qemu-loop runs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { goesWithTest, QL, shellOptions, Terminal, testDirectory } from './terminal.ts';

export class WatchTerminal extends Terminal {
  readonly #dir = testDirectory();

  private constructor(columns: number, rows: number) {
    super('/bin/sh', ['-i'], shellOptions(columns, rows));
    goesWithTest(this);
  }

  /** Starts qemu-loop with these arguments, and awaits that it has drawn. */
  static async open(args: string, columns = 80, rows = 24): Promise<WatchTerminal> {
    const terminal = new WatchTerminal(columns, rows);
    const stty = (name: string): string => `stty -g > ${terminal.#dir}/${name}`;
    const run = `sh -c 'echo $$ > ${terminal.#dir}/pid; exec "$@"' sh ${QL} ${args}`;
    terminal.line(`${stty('before')}; ${run}; echo status $?; ${stty('after')}`);
    await terminal.until(/iteration \d+ .*\n(.*\n)*.*events/);
    return terminal;
  }

  /** Of the command itself. */
  get commandPid(): number {
    return Number(readFileSync(join(this.#dir, 'pid'), 'utf8'));
  }

  /** Awaits the shell's prompt after the end, and holds the terminal against what it was. */
  async expectRestored(): Promise<void> {
    await this.until(/status \d+\n\$/);
    expect(this.isAlternate).toBe(false);
    this.#expectModes();
  }

  /** The same where we were killed, and somebody else puts it right. */
  async expectRestoredByOthers(): Promise<void> {
    await this.untilMainScreen();
    this.keys('Enter');
    this.line(`stty -g > ${this.#dir}/after; echo check''ed`);
    await this.until(/checked/);
    this.#expectModes();
  }

  #expectModes(): void {
    const modes = (name: string): string => readFileSync(join(this.#dir, name), 'utf8');
    expect(modes('after')).toBe(modes('before'));
  }
}
