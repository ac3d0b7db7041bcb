/** The file of --record. */

import {
  accessSync,
  closeSync,
  constants,
  openSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CLOCK_REALTIME } from '../../host/constants.ts';
import { HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { traceClock } from '../../host/linux/fast-clock.ts';
import { factsOf, headerBytes } from '../../host/record/file.ts';
import { RecordHost } from '../../host/record/record-host.ts';
import { RecordRing, takenPiece } from '../../host/record/ring.ts';
import { visible } from '../../trace/visible.ts';
import { whyOf } from '../exit/errors.ts';
import { version } from '../options/version.ts';

/** The command line, and all else that a replay needs besides the kernel's answers. */
export interface Recorded {
  /** After `qemu-loop`. */
  readonly argv: readonly string[];
  readonly program: Readonly<Record<string, unknown>>;
}

/** Where a record goes. */
export interface RecordTo {
  readonly path: string;
  /**
   * The most bytes that are kept in memory, and written only if something goes wrong; null to write
   * all of it as the run goes on.
   */
  readonly last: number | null;
}

/** A run's record. */
export interface RecordOutput {
  /** The kernel, whose answers are recorded. */
  readonly host: RecordHost;
  /** Writes what there is of it while the run goes on. */
  take(): void;
  /**
   * The run has ended. A record without this counts as cut off. Returns a line about what could not
   * be written, or ''.
   * @param isWrong whether something has gone wrong
   */
  end(isWrong: boolean): string;
}

/**
 * @param host the kernel
 * @throws HostError if the file cannot be opened
 */
export function openRecordOutput(host: Host, { path, last }: RecordTo, of: Recorded): RecordOutput {
  const header = headerBytes({
    version: version(),
    node: process.version,
    startMs: Math.round(host.clockNs(CLOCK_REALTIME) / 1e6),
    argv: of.argv,
    facts: factsOf(host),
    program: of.program,
  });
  if (last === null) return new WholeRecord(host, path, header);
  return new LastRecord(host, path, header, new RecordRing(Math.max(0, last - header.length)));
}

function noteOf(problem: string | null): string {
  return problem === null ? '' : `qemu-loop: ${visible(problem)}\n`;
}

/** Written as the run goes on. A disk that is full ends the record, not the run. */
class WholeRecord implements RecordOutput {
  readonly host: RecordHost;
  readonly #path: string;
  readonly #fd: number;
  #problem: string | null = null;

  constructor(host: Host, path: string, header: Uint8Array) {
    this.#path = path;
    this.#fd = opened(path, () => openSync(path, 'w'));
    this.#write(header);
    this.host = new RecordHost(host, (bytes) => this.#write(bytes), traceClock(host));
  }

  take(): void {
    this.host.flush();
  }

  end(): string {
    this.host.end();
    try {
      closeSync(this.#fd);
    } catch (error) {
      this.#failed(error);
    }
    return noteOf(this.#problem);
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

/** Kept in memory, and written if it is wanted. */
class LastRecord implements RecordOutput {
  readonly host: RecordHost;
  readonly #path: string;
  readonly #header: Uint8Array;
  readonly #ring: RecordRing;
  #problem: string | null = null;

  constructor(host: Host, path: string, header: Uint8Array, ring: RecordRing) {
    this.#path = path;
    this.#header = header;
    this.#ring = ring;
    opened(path, () => checkPlace(path));
    this.host = new RecordHost(host, ring, traceClock(host));
  }

  take(): void {
    this.host.flush();
    this.#write([takenPiece()]);
  }

  end(isWrong: boolean): string {
    this.host.end();
    if (isWrong) this.#write([]);
    return noteOf(this.#problem);
  }

  #write(more: readonly Uint8Array[]): void {
    this.#problem = null;
    // A ring that is over has no such end.
    const end = this.#ring.isOver ? [] : more;
    try {
      writeFileSync(this.#path, Buffer.concat([this.#header, ...this.#ring.pieces(), ...end]));
    } catch (error) {
      this.#problem = `the record ${this.#path} cannot be written: ${whyOf(error)}`;
    }
  }
}

/** @throws as open would for a file that is there, or is to be made */
function checkPlace(path: string): void {
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere) closeSync(openSync(path, 'a'));
  else accessSync(dirname(path), constants.W_OK | constants.X_OK);
}

function opened<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const { errno } = error as { errno?: number };
    if (errno === undefined) throw error;
    throw new HostError(errno, `--record ${path}`);
  }
}
