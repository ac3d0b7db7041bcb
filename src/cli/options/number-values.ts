/** Values of options that are whole numbers; errors say what was expected. */

import { InvalidArgumentError } from 'commander';
import { isSeed, MAX_SEED } from '../../scenario/values.ts';

export function seed(text: string): number {
  if (!isSeed(text)) throw new InvalidArgumentError(`expected a seed from 0 to ${MAX_SEED}.`);
  return Number(text);
}

/** Makes the parser of a number from 1 to `most`. */
export function countTo(most: number): (text: string) => number {
  return (text) => {
    if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a number above 0.');
    if (Number(text) > most) throw new InvalidArgumentError(`it is more than ${most}.`);
    return Number(text);
  };
}
