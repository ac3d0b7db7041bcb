/** The word of a shared bottom half: the flags are the low bits, and its generation the rest. */

export const GENERATION_SHIFT = 8;
export const FLAGS = (1 << GENERATION_SHIFT) - 1;
/** A slot that has reached this generation is not used again. */
export const LAST_GENERATION = 2 ** (32 - GENERATION_SHIFT) - 1;

export function wordOf(generation: number, flags: number): number {
  return (generation << GENERATION_SHIFT) | flags;
}

/** The word of a free slot. The last generation is never given out: see LAST_GENERATION. */
export function nextGeneration(word: number): number {
  const generation = Math.min((word >>> GENERATION_SHIFT) + 1, LAST_GENERATION);
  return wordOf(generation, 0);
}
