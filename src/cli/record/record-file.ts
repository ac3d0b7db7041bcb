/** The file of --record. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { CLOCK_REALTIME } from '../../host/constants.ts';
import { HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { traceClock } from '../../host/linux/fast-clock.ts';
import { factsOf, headerBytes } from '../../host/record/file.ts';
import { RecordHost } from '../../host/record/record-host.ts';
import { visible } from '../../trace/visible.ts';
import { whyOf } from '../exit/errors.ts';
import { version } from '../options/version.ts';

/** The command line, and all else that a replay needs besides the kernel's answers. */
export interface Recorded {
  /** After `qemu-loop`. */
  readonly argv: readonly string[];
  readonly program: Readonly<Record<string, unknown>>;
}

/** A run's record while it is written. A disk that is full ends the record, not the run. */
export class RecordOutput {
  /** The kernel, whose answers are recorded. */
  readonly host: RecordHost;
  readonly #path: string;
  readonly #fd: number;
  #problem: string | null = null;

  /**
   * @param host the kernel
   * @throws HostError if the file cannot be opened
   */
  constructor(host: Host, path: string, { argv, program }: Recorded) {
    this.#path = path;
    this.#fd = open(path);
    this.#write(
      headerBytes({
        version: version(),
        node: process.version,
        startMs: Math.round(host.clockNs(CLOCK_REALTIME) / 1e6),
        argv,
        facts: factsOf(host),
        program,
      }),
    );
    this.host = new RecordHost(host, (bytes) => this.#write(bytes), traceClock(host));
  }

  /**
   * The run has ended. A record without this counts as cut off. Returns a line about what could not
   * be written, or ''.
   */
  end(): string {
    this.host.end();
    try {
      closeSync(this.#fd);
    } catch (error) {
      this.#failed(error);
    }
    return this.#problem === null ? '' : `qemu-loop: ${visible(this.#problem)}\n`;
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let at = 0; this.#problem === null && at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at);
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#problem ??= `the record ${this.#path} ends here: ${whyOf(error)}`;
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    const { errno } = error as { errno?: number };
    if (errno === undefined) throw error;
    throw new HostError(errno, `--record ${path}`);
  }
}
