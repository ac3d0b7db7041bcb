import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file without a name, for the output of processes while something else has the screen. */
export class HeldOutput {
  readonly fd: number;

  constructor() {
    const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-'));
    this.fd = openSync(join(dir, 'stderr'), 'a+');
    // The file exists as long as it is open, and need not be cleaned up.
    rmSync(dir, { recursive: true });
  }

  /** Returns the text written so far. */
  take(): string {
    const text = Buffer.alloc(fstatSync(this.fd).size);
    readSync(this.fd, text, 0, text.length, 0);
    closeSync(this.fd);
    return text.toString('utf8');
  }
}
