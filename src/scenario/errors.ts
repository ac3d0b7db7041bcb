import { errnoName } from '../host/errno.ts';

const LAST_ERRNO = 133;

/** Errors by name, as `faults` gives them. */
const numbers: ReadonlyMap<string, number> = new Map(
  Array.from({ length: LAST_ERRNO }, (_, i) => [errnoName(i + 1), i + 1]),
);

/** The number of an error; 0 if there is no such name. */
export function errnoNumber(name: string): number {
  return numbers.get(name) ?? 0;
}

export const ERROR_NAMES: readonly string[] = [...numbers.keys()];
