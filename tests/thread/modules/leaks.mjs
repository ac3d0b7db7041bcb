// Leaves a bottom half scheduled for ever.
export default function main({ context }) {
  const bh = context.newBottomHalf('again', () => bh.scheduleIdle());
  bh.schedule();
}
