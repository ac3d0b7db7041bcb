/** A terminal to control: a shell in tmux, whose screen can be read and waited for. */

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);

/** The longest wait, ms. Without it the test's own limit would end the test, but not say why. */
const PATIENCE_MS = 20_000;

/** Throws one clear line if tmux is missing. */
export function needTmux(): void {
  if (spawnSync('tmux', ['-V']).status !== 0) {
    throw new Error('tests of --watch need tmux: apt-get install tmux');
  }
}

export class Tmux {
  readonly #socket: string;

  constructor(columns: number, rows: number, env: Readonly<Record<string, string>> = {}) {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tmux-'));
    this.#socket = join(dir, 'socket');
    // A failed test may leave a command; closing the terminal ends it.
    onTestFinished(() => {
      this.close();
      rmSync(dir, { recursive: true });
    });
    const size = ['-x', String(columns), '-y', String(rows)];
    const args = ['-S', this.#socket, '-f', '/dev/null', 'new-session', '-d', ...size];
    execFileSync('tmux', [...args, 'PS1="$ " ENV= exec sh -i'], {
      env: { ...process.env, NO_COLOR: '', ...env },
    });
  }

  /** Closes the terminal. */
  close(): void {
    spawnSync('tmux', ['-S', this.#socket, 'kill-server']);
  }

  async #tmux(...args: string[]): Promise<string> {
    return (await run('tmux', ['-S', this.#socket, ...args])).stdout;
  }

  /** Types keys, by tmux's names. */
  async keys(...keys: string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  /** Types a text as it is, and Enter. */
  async line(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
    await this.keys('Enter');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The text on the screen, without spaces at the ends of lines. */
  screen(): Promise<string> {
    return this.#tmux('capture-pane', '-p');
  }

  /** Whether a program shows the alternate screen. */
  async isAlternate(): Promise<boolean> {
    return (await this.#tmux('display-message', '-p', '#{alternate_on}')).trim() === '1';
  }

  /** Resolves with the match once the screen has it; rejects with the screen if it never does. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#look(pattern, (screen) => pattern.exec(screen));
  }

  /** Resolves once the screen does not have it any more. */
  async untilGone(pattern: RegExp): Promise<void> {
    await this.#look(pattern, (screen) => (pattern.test(screen) ? null : true));
  }

  async #look<T>(pattern: RegExp, found: (screen: string) => T | null): Promise<T> {
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      const screen = await this.screen();
      const result = found(screen);
      if (result !== null) return result;
      if (Date.now() > end) throw new Error(`waited in vain for ${pattern}:\n${screen}`);
    }
  }
}
