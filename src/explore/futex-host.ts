import type { Host } from '../host/host.ts';
import type { ExploredWords } from './explored-words.ts';
import type { ExploredMemory } from './shared-arrays.ts';

/** The futex calls of a host, over explored arrays of one memory. */
export function futexHost(words: ExploredWords, { first }: ExploredMemory): Host {
  const calls: Partial<Host> = {
    kind: 'linux',
    futexWait: (_array, index, expected) => words.futexWait(first + index, expected),
    futexWake: (_array, index, count) => words.futexWake(first + index, count),
  };
  return calls as Host;
}
