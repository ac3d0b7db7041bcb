import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file without a name, for the output of processes while something else has the screen. */
export class HeldOutput {
  readonly fd: number;
  readonly #path: string;

  constructor() {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-'));
    this.fd = openSync(join(dir, 'stderr'), 'a+');
    // The file exists as long as it is open, and need not be cleaned up.
    rmSync(dir, { recursive: true });
    this.#path = `/proc/self/fd/${this.fd}`;
  }

  /** Returns the text written so far. */
  take(): string {
    const text = readFileSync(this.#path, 'utf8');
    closeSync(this.fd);
    return text;
  }
}
