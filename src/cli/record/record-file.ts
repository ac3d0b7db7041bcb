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
import { errnoMessage, errnoName, HostError } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import { traceClock } from '../../host/linux/fast-clock.ts';
import { headerBytes } from '../../host/record/file.ts';
import { factsOf } from '../../host/record/header.ts';
import { RecordHost } from '../../host/record/record-host.ts';
import { RecordRing, takenPiece } from '../../host/record/ring.ts';
import { visible } from '../../trace/visible.ts';
import { CliError, EXIT_USAGE, whyOf } from '../exit/errors.ts';
import { version } from '../options/version.ts';
import { drain, ReaderWait } from '../output/named-output.ts';
import { mayWait, PipeOutput } from '../output/pipe-output.ts';

/** The most data kept for a slow reader, and the time that it has at the end. */
const MOST_WAITING = 4 * 1024 * 1024;
const LAST_WAIT_NS = 10e9;

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
 * @param waitNs how long the end waits for the reader of a pipe
 * @throws HostError if the file cannot be opened; CliError if `last` has a pipe
 */
export function openRecordOutput(
  host: Host,
  { path, last }: RecordTo,
  of: Recorded,
  waitNs = LAST_WAIT_NS,
): RecordOutput {
  const header = headerBytes({
    version: version(),
    node: process.version,
    startMs: Math.round(host.clockNs(CLOCK_REALTIME) / 1e6),
    argv: of.argv,
    facts: factsOf(host),
    program: of.program,
  });
  if (last === null) {
    return mayWait(host, path)
      ? new PipedRecord(host, path, header, waitNs)
      : new WholeRecord(host, path, header);
  }
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

/** The same to a pipe. A reader that does not read ends the record, and never holds up the run. */
class PipedRecord implements RecordOutput {
  readonly host: RecordHost;
  readonly #host: Host;
  readonly #path: string;
  readonly #waitNs: number;
  readonly #output: PipeOutput;
  #isCut = false;

  constructor(host: Host, path: string, header: Uint8Array, waitNs: number) {
    this.#host = host;
    this.#path = path;
    this.#waitNs = waitNs;
    this.#output = new PipeOutput(host, path);
    const refused = this.#output.open();
    if (refused < 0) throw new HostError(refused, `--record ${path}`);
    this.#write(header);
    this.host = new RecordHost(host, (bytes) => this.#write(bytes), traceClock(host));
  }

  take(): void {
    this.host.flush();
  }

  end(): string {
    this.host.end();
    const output = this.#output;
    const file = { what: 'the record', path: this.#path };
    drain(output, new ReaderWait(this.#host, file, this.#waitNs));
    const { errno, isOpen, waiting } = output;
    output.close();
    if (errno !== 0) return this.#endsHere(`${errnoMessage(errno)} (${errnoName(errno)})`);
    if (!isOpen) return noteOf(`nobody has opened the record ${this.#path}: it is lost`);
    return this.#isCut || waiting > 0 ? this.#endsHere('it was not read in time') : '';
  }

  #endsHere(why: string): string {
    return noteOf(`the record ${this.#path} ends here: ${why}`);
  }

  #write(bytes: Uint8Array): void {
    this.#isCut ||= this.#output.waiting > MOST_WAITING;
    if (!this.#isCut) this.#output.write(bytes.slice());
    // A pipe may have its reader only now.
    if (!this.#output.isOpen) this.#output.flush();
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
    if (mayWait(host, path)) {
      const why = `--record-last writes ${path} as a whole: name a file, which is no pipe or terminal`;
      throw new CliError(why, EXIT_USAGE);
    }
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
