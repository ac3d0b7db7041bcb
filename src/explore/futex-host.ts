import type { Host } from '../host/host.ts';
import type { ExploredWords } from './explored-words.ts';
import type { ExploredMemory } from './shared-arrays.ts';

/** The futex calls of a host, over explored arrays of these memories. */
export function futexHost(words: ExploredWords, ...memories: readonly ExploredMemory[]): Host {
  const wordOf = (array: Int32Array, index: number): number =>
    memories.find(({ buffer }) => buffer === array.buffer)!.first + index;
  const calls: Partial<Host> = {
    kind: 'linux',
    futexWait: (array, index, expected) => words.futexWait(wordOf(array, index), expected),
    futexWake: (array, index, count) => words.futexWake(wordOf(array, index), count),
  };
  return calls as Host;
}
