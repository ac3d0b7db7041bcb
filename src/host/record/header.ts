/** The header of a record: the run that it is of. */

import type { Host } from '../host.ts';
import { RecordReadError } from './errors.ts';

/** Properties of the host that never change. */
export interface HostFacts {
  readonly kind: 'linux' | 'sim';
  readonly description: string;
  readonly epollStride: number;
  readonly epollDataWord: number;
  readonly handlerAddress: number;
  /** Older records have none, and were all made by Node. */
  readonly keepsBlocked?: boolean;
}

/** The facts of a host, for a record's header. */
export function factsOf(host: Host): HostFacts {
  const { kind, description, epollStride, epollDataWord, handlerAddress, keepsBlocked } = host;
  return { kind, description, epollStride, epollDataWord, handlerAddress, keepsBlocked };
}

/** The run that a record is of. */
export interface RecordHeader {
  /** The version of qemu-loop that wrote it. */
  readonly version: string;
  /** The version of Node. */
  readonly node: string;
  /** CLOCK_REALTIME at its start, ms. */
  readonly startMs: number;
  /** The command line, after `qemu-loop`. */
  readonly argv: readonly string[];
  readonly facts: HostFacts;
  /** Everything else that the program needs to run again. */
  readonly program: Readonly<Record<string, unknown>>;
}

/** A header as it stands in the file. */
export type WrittenHeader = RecordHeader & { readonly signatures: readonly string[] };

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const FACTS: Shape = {
  kind: isText,
  description: isText,
  epollStride: isNumber,
  epollDataWord: isNumber,
  handlerAddress: isNumber,
};
const HEADER: Shape = {
  version: isText,
  node: isText,
  startMs: isNumber,
  argv: areTexts,
  facts: isObject,
  program: isObject,
  signatures: areTexts,
};

/**
 * Reads a header's text.
 * @throws RecordReadError if it is not what this version writes
 */
export function headerOf(text: string): WrittenHeader {
  let header: unknown = null;
  try {
    header = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (!isObject(header)) throw new RecordReadError(strange('it cannot be read', null));
  const found = header as WrittenHeader;
  checkParts(found, '', HEADER, found);
  checkParts(found.facts, 'facts.', FACTS, found);
  return found;
}

function checkParts(parts: object, path: string, shape: Shape, { version }: WrittenHeader): void {
  for (const [name, fits] of Object.entries(shape)) {
    const value = (parts as Readonly<Record<string, unknown>>)[name];
    const how = value === undefined ? 'is missing' : 'is not what it was expected to be';
    if (!fits(value)) throw new RecordReadError(strange(`'${path}${name}' ${how}`, version));
  }
}

/** The checksum is right, so that another program has written it. */
function strange(what: string, version: unknown): string {
  const by = isText(version) ? `, qemu-loop ${version}` : '';
  return `the header of the record is strange, ${what}: replay it with the version that wrote it${by}`;
}
