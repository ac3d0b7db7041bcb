// An IOThread whose entries main waits for, and which may fail.
export default function main({ thread, data: { words } }) {
  const ways = {
    returns: (value) => Atomics.store(words, 0, value),
    throws: () => {
      throw new RangeError('of the entry');
    },
    exits: () => process.exit(7),
  };
  for (const [how, act] of Object.entries(ways)) thread.aioWait.newEntry(how, act);
}
