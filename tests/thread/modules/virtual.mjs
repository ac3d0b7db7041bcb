/** Two timers of 1 ms: one on the virtual clock, and, unless `only` is set, one that tells the virtual clock's time. */

const VIRTUAL = 0;
const REAL = 1;

export default function virtual({ context, data: { words, time, only } }) {
  const repeat = (clock, act) => {
    const timer = context.timers.newTimer(clock, 'timer', () => {
      act();
      timer.modFromNowNs(1e6);
    });
    timer.modFromNowNs(1e6);
  };
  repeat(1, () => Atomics.add(words, VIRTUAL, 1));
  if (!only)
    repeat(0, () => {
      time[0] = context.clocks.nowNs(1);
      Atomics.add(words, REAL, 1);
    });
}
