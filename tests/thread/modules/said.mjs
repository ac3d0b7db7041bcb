// Puts its name and data, and the thread that runs it, into shared words; then does what `data.then` says.
export default function main({ name, context, host, data }) {
  const { words, then } = data;
  Atomics.store(words, 0, host.gettid());
  console.log(`${name} says hello`);
  const bh = context.newBottomHalf('b', () => {
    bh.delete();
    Atomics.store(words, 1, host.gettid());
    Atomics.notify(words, 1);
    if (then === 'throw') throw new RangeError('out of a bottom half');
    if (then === 'exit') process.exit(3);
  });
  bh.schedule();
}
