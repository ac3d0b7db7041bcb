/** How often the reliability tests do what they do: little in `npm test`, and a lot if asked. */

const LITTLE = { bottomHalves: 100_000, iothreads: 10, children: 300, signals: 2_000 };
const A_LOT: typeof LITTLE = {
  bottomHalves: 1_000_000,
  iothreads: 10_000,
  children: 100_000,
  signals: 100_000,
};

export const COUNTS = process.env.QEMU_LOOP_RELIABILITY === undefined ? LITTLE : A_LOT;
