/**
 * An IOThread that counts its rounds and tells main of them, and that can be made to die in the middle
 * of one. `words` are the counts of all threads, then whether one computes or sleeps for ever.
 */
import { RemoteBottomHalf } from 'qemu-loop';

const GOES_ON = 3;

export default function dies({ context, machine, thread, host, data: { words, place, told } }) {
  context.setPollParams(20_000, 0, 0);
  const tell = RemoteBottomHalf.from(told, host);
  const bh = context.newBottomHalf('rounds', () => {
    bh.scheduleIdle();
    Atomics.add(words, place, 1);
    tell.schedule();
  });
  bh.schedule();
  // Scheduled when it dies, and never run.
  const own = context.newBottomHalf('own', () => {});
  const ways = {
    throw: () => {
      throw new RangeError('in the middle of a round');
    },
    exit: () => process.exit(7),
    compute: () => {
      for (;;);
    },
  };
  for (const [how, act] of Object.entries(ways)) {
    context.newEntry(how, (locked) => {
      own.schedule();
      if (locked === 1) {
        thread.acquire(machine.main);
        thread.acquire(context);
        thread.bql.lock();
      }
      tell.schedule();
      // Not before: a thread that is terminated while it wakes main leaves main's eventfd open.
      Atomics.store(words, GOES_ON, 1);
      act();
    });
  }
  context.newEntry('rest', () => {
    bh.delete();
    own.delete();
  });
}
