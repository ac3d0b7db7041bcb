/** Runs something on a recorded host, then again on its record. */

import type { Host } from '../../../src/host/host.ts';
import { headerBytes, readRecord } from '../../../src/host/record/file.ts';
import { factsOf } from '../../../src/host/record/header.ts';
import { RecordHost } from '../../../src/host/record/record-host.ts';
import { ReplayHost } from '../../../src/host/record/replay-host.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

/** The bytes of a record, piece by piece. */
export class Kept {
  readonly pieces: Uint8Array[] = [];
  readonly host: RecordHost;

  constructor(host: Host, program: Record<string, unknown> = {}) {
    this.pieces.push(
      headerBytes({
        version: '0',
        node: process.version,
        startMs: 0,
        argv: [],
        facts: factsOf(host),
        program,
      }),
    );
    this.host = new RecordHost(host, (bytes) => this.pieces.push(bytes));
  }

  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.pieces));
  }

  /** Ends the record. Returns its bytes. */
  end(): Uint8Array {
    this.host.end();
    return this.bytes;
  }
}

export function replayOf(bytes: Uint8Array): ReplayHost {
  return new ReplayHost(readRecord(bytes), new SimHost());
}
