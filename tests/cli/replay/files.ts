/** Records for tests of `qemu-loop replay`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { headerBytes, pieceBytes, readRecord } from '../../../src/host/record/file.ts';
import type { RecordHeader } from '../../../src/host/record/header.ts';

/** Writes a copy of a record that is shorter by some bytes. */
export function cutOff(path: string, bytes: number): string {
  const whole = readFileSync(path);
  const cut = `${path}.cut${bytes}`;
  writeFileSync(cut, whole.subarray(0, whole.length - bytes));
  return cut;
}

/** Writes a copy of a record with another header. */
export function withHeader(path: string, change: (header: RecordHeader) => RecordHeader): string {
  const { header, bytes } = readRecord(readFileSync(path));
  const changed = `${path}.changed`;
  const parts = [headerBytes(change(header)), pieceBytes(bytes)];
  writeFileSync(changed, Buffer.concat(parts));
  return changed;
}
