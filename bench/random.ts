/** Numbers below 2^31 that look random, the same in each run and in bench/c/qemu.c. */
export function pseudoRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state;
  };
}
