// An IOThread that always has something to do.
export default function main({ context }) {
  context.setPollParams(1_000_000, 0, 0);
  const bh = context.newBottomHalf('busy', () => bh.scheduleIdle());
  bh.schedule();
  context.newEntry('rest', () => bh.delete());
}
