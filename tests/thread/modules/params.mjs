// Tells the parameters of its context at the beginning, and whenever they have changed.
export default function main({ context, data: { words, told } }) {
  const { polling } = context;
  const look = () => {
    if (told[0] !== polling.maxNs) {
      told.set([polling.maxNs, polling.grow, polling.shrink, context.aioMaxBatch, polling.pollNs]);
      Atomics.store(words, 1, 1);
      Atomics.notify(words, 1);
    }
  };
  look();
  const bh = context.newBottomHalf('look', () => {
    look();
    if (told[0] === 5_000) bh.delete();
    else bh.scheduleIdle();
  });
  bh.schedule();
}
