/**
 * The file of a record: a line of text, a header, then pieces, each with its length and a checksum.
 * A file that was cut off anywhere is good up to there.
 */

import { ByteSink, ByteSource, checksum } from './bytes.ts';
import { type RecordEnding, RecordReadError } from './errors.ts';
import { headerOf, type RecordHeader } from './header.ts';
import { OPS } from './ops.ts';

/** The first line of every record. */
const MAGIC = new TextEncoder().encode('qemu-loop record\n');
/** The first bytes of compressed files, and the programs that unpack them. */
const PACKED = [
  { start: [0x1f, 0x8b], by: 'gunzip' },
  { start: [0x28, 0xb5, 0x2f, 0xfd], by: 'unzstd' },
  { start: [0xfd, 0x37, 0x7a, 0x58, 0x5a], by: 'unxz' },
  { start: [0x42, 0x5a, 0x68], by: 'bunzip2' },
];
/** The version of all that follows the first line. */
const FORMAT = 1;

/** One byte that tells a damaged length of a piece from a piece that was cut off. */
function lengthCheck(length: number): number {
  return checksum(Uint8Array.of(length, length >>> 8, length >>> 16, length >>> 24)) & 255;
}

/** A record that was read. */
export interface RecordFile {
  readonly header: RecordHeader;
  /** The signatures of its operations, by their number. */
  readonly signatures: readonly string[];
  readonly bytes: Uint8Array;
  /** How it ends, if no operation says so. */
  readonly ending: RecordEnding;
}

/** The parts of a record that a replay needs. */
export interface ReplayedFile extends Omit<RecordFile, 'header'> {
  readonly header: Pick<RecordHeader, 'facts'>;
}

/** The bytes that a record begins with. */
export function headerBytes(header: RecordHeader): Uint8Array {
  const text = JSON.stringify({ ...header, signatures: OPS.map(({ signature }) => signature) });
  const sink = new ByteSink(2 * text.length + 64);
  for (const byte of MAGIC) sink.bytes[sink.length++] = byte;
  sink.uint(FORMAT);
  const body = new ByteSink(2 * text.length + 64);
  body.text(text);
  const bytes = body.bytes.subarray(0, body.length);
  sink.room(bytes.length + 16);
  sink.u32(checksum(bytes));
  sink.bytes.set(bytes, sink.length);
  return sink.bytes.slice(0, sink.length + bytes.length);
}

/** A piece of a record. */
export function pieceBytes(bytes: Uint8Array): Uint8Array {
  const sink = new ByteSink(bytes.length + 16);
  sink.uint(bytes.length);
  sink.bytes[sink.length++] = lengthCheck(bytes.length);
  sink.u32(checksum(bytes));
  sink.bytes.set(bytes, sink.length);
  return sink.bytes.subarray(0, sink.length + bytes.length);
}

/** @throws RecordReadError if the bytes are no record, or their header is damaged */
export function readRecord(bytes: Uint8Array): RecordFile {
  if (!startsWith(bytes, MAGIC)) throw new RecordReadError(whatElse(bytes));
  const source = new ByteSource(bytes, () => {
    throw new RecordReadError('the record is cut off in its header: nothing of it can be replayed');
  });
  source.at = MAGIC.length;
  const format = source.uint();
  if (format !== FORMAT) {
    const message = `the record has format ${format}, and this version reads format ${FORMAT}`;
    throw new RecordReadError(`${message}: replay it with the version that wrote it`);
  }
  const sum = source.u32();
  const start = source.at;
  const text = source.text();
  if (checksum(bytes, start, source.at) !== sum) {
    throw new RecordReadError('the header of the record is damaged');
  }
  const { signatures, ...header } = headerOf(text);
  return { header, signatures, ...piecesOf(bytes, source.at) };
}

function startsWith(bytes: Uint8Array, start: Iterable<number>): boolean {
  return [...start].every((byte, i) => bytes[i] === byte);
}

/** Tells why a file cannot be a record. */
function whatElse(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty: expected one that --record has written';
  const packed = PACKED.find(({ start }) => startsWith(bytes, start));
  if (packed !== undefined) return `the file is compressed: unpack it first, with ${packed.by}`;
  return 'this is no record: expected a file that --record has written';
}

/** All whole pieces, and what is there of one that is cut off. */
function piecesOf(bytes: Uint8Array, start: number): Pick<RecordFile, 'bytes' | 'ending'> {
  const all = new Uint8Array(bytes.length - start);
  let length = 0;
  let at = start;
  const result = (ending: RecordEnding) => ({ bytes: all.subarray(0, length), ending });
  let isCut = false;
  const source = new ByteSource(bytes, () => {
    isCut = true;
    throw new RecordReadError('cut off');
  });
  while (at < bytes.length) {
    source.at = at;
    try {
      const size = source.uint();
      if (source.take(1)[0] !== lengthCheck(size)) return result('damaged');
      const sum = source.u32();
      const part = bytes.subarray(source.at, source.at + size);
      isCut = part.length < size;
      if (!isCut && checksum(part) !== sum) return result('damaged');
      all.set(part, length);
      length += part.length;
      at = source.at + size;
    } catch (error) {
      if (!(error instanceof RecordReadError)) throw error;
      return result(isCut ? 'cut' : 'damaged');
    }
  }
  return result('cut');
}
