/** A terminal on which a full-screen view of qemu-loop runs. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { command } from './run.ts';
import { Tmux } from './tmux.ts';

/** The command line with which a shell in the terminal starts qemu-loop. */
export const QL = `${process.execPath} ${command}`;

export class WatchTerminal extends Tmux {
  readonly #dir: string;

  private constructor(columns: number, rows: number) {
    super(columns, rows);
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-watch-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    this.#dir = dir;
  }

  /** Starts qemu-loop with these arguments, and waits until it has drawn. */
  static async open(args: string, columns = 80, rows = 24): Promise<WatchTerminal> {
    const terminal = new WatchTerminal(columns, rows);
    const stty = (name: string): string => `stty -g > ${terminal.#dir}/${name}`;
    const run = `sh -c 'echo $$ > ${terminal.#dir}/pid; exec "$@"' sh ${QL} ${args}`;
    await terminal.line(`${stty('before')}; ${run}; echo status $?; ${stty('after')}`);
    await terminal.until(/iteration \d+ .*\n(.*\n)*.*events/);
    return terminal;
  }

  /** Pid of the command itself. */
  get pid(): number {
    return Number(readFileSync(join(this.#dir, 'pid'), 'utf8'));
  }

  /** Waits for the shell's prompt after the end, and checks that the terminal is as before. */
  async expectRestored(): Promise<void> {
    await this.until(/status \d+\n\$/);
    expect(await this.isAlternate()).toBe(false);
    this.#expectModes();
  }

  /** The same after we were killed, so that another process restores the terminal. */
  async expectRestoredByOthers(): Promise<void> {
    while (await this.isAlternate());
    await this.keys('Enter');
    await this.line(`stty -g > ${this.#dir}/after; echo checked`);
    await this.until(/^checked/m);
    this.#expectModes();
  }

  #expectModes(): void {
    const modes = (name: string): string => readFileSync(join(this.#dir, name), 'utf8');
    expect(modes('after')).toBe(modes('before'));
  }
}
