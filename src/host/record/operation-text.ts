import { ByteSource } from './bytes.ts';
import { RecordReadError } from './errors.ts';
import { type Op, showArgs } from './ops.ts';

/** The operations of a record, by their numbers there. */
export interface RecordedOps {
  readonly signatures: readonly string[];
  /** Undefined for those that are unknown here. */
  readonly ops: readonly (Op | undefined)[];
  /** The bytes of the last arguments of each. */
  readonly last: readonly (Uint8Array | undefined)[];
}

/** The operation that begins here, for people. */
export function operationText(
  bytes: Uint8Array,
  at: number,
  { signatures, ops, last }: RecordedOps,
): string {
  const source = new ByteSource(bytes, neverEnds);
  source.at = at;
  const head = source.uint();
  const code = Math.floor(head / 2);
  const what = ops[code];
  if (what?.name === 'end') return 'the end of the run';
  if (what === undefined) {
    const signature = signatures[code];
    return signature === undefined
      ? `an unknown operation ${code}`
      : `${signature}, which this version does not have`;
  }
  const from = head % 2 === 0 ? source : new ByteSource(last[code] ?? new Uint8Array(), neverEnds);
  try {
    return callText(what, from);
  } catch (error) {
    if (error instanceof RecordReadError) return what.name;
    throw error;
  }
}

/** A call with the arguments that stand there, for people. */
export function callText(what: Op, source: ByteSource): string {
  return `${what.name}(${showArgs(source, what)})`;
}

export function neverEnds(): never {
  throw new RecordReadError('arguments end in their middle');
}
