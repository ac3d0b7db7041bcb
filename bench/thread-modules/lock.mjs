/** An IOThread that takes the BQL and ends main's sleep, and has an entry that does nothing. */
export default function lock({ context, thread, machine }) {
  context.newEntry('take', () => {
    thread.bql.lock();
    machine.main.notify();
    thread.bql.unlock();
  });
  thread.aioWait.newEntry('nothing', () => {});
}
