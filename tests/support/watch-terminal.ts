/** A terminal on which a full-screen view of qemu-loop runs. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { goesWithTest, QL, shellOptions, Terminal, testDirectory } from './terminal.ts';

/** The status line before an iteration. */
export const PAUSED = (iteration: number): RegExp =>
  new RegExp(`^ iteration ${iteration} {2}PAUSED before the iteration`, 'm');

export class WatchTerminal extends Terminal {
  readonly #dir = testDirectory();

  private constructor(columns: number, rows: number) {
    super('/bin/sh', ['-i'], shellOptions(columns, rows));
    goesWithTest(this);
  }

  /** Starts qemu-loop with these arguments, and waits until it has drawn. */
  static async open(args: string, columns = 80, rows = 24): Promise<WatchTerminal> {
    const terminal = new WatchTerminal(columns, rows);
    const stty = (name: string): string => `stty -g > ${terminal.#dir}/${name}`;
    const run = `sh -c 'echo $$ > ${terminal.#dir}/pid; exec "$@"' sh ${QL} ${args}`;
    terminal.line(`${stty('before')}; ${run}; echo status $?; ${stty('after')}`);
    await terminal.until(/iteration \d+ .*\n(.*\n)*.*events/);
    return terminal;
  }

  /** Pid of the command itself. */
  get commandPid(): number {
    return Number(readFileSync(join(this.#dir, 'pid'), 'utf8'));
  }

  /** Goes to an iteration, forth or back. Returns the screen there. */
  async goTo(iteration: number): Promise<string> {
    this.keys('g');
    await this.until(/go to iteration: /);
    this.keys(...String(iteration), 'Enter');
    await this.until(PAUSED(iteration));
    return this.screen();
  }

  /** Waits for the shell's prompt after the end, and checks that the terminal is as before. */
  async expectRestored(): Promise<void> {
    await this.until(/status \d+\n\$/);
    expect(this.isAlternate).toBe(false);
    this.#expectModes();
  }

  /** The same after we were killed, so that another process restores the terminal. */
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
