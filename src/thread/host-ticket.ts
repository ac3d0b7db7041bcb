import type { Host, ThreadTicket } from '../host/host.ts';
import { traceClock } from '../host/linux/fast-clock.ts';
import { LinuxHost, type LinuxTicket } from '../host/linux/linux-host.ts';
import type { RecordTicket } from '../host/record/threads/recorded-threads.ts';
import type { ReplayTicket } from '../host/record/threads/replayed-threads.ts';
import type { SimTicket } from '../host/sim/threads/messages.ts';
import { SimThreadHost } from '../host/sim/threads/thread-host.ts';

/**
 * The Host of a thread that Host.newThread made the ticket for. Called in that thread, once. On a
 * simulated kernel, in a run that is recorded, and in a replay, it comes when the thread gets the
 * processor for the first time.
 */
export async function hostFromTicket(ticket: ThreadTicket): Promise<Host> {
  switch (ticket.kind) {
    case 'sim':
      return new SimThreadHost(ticket as SimTicket);
    case 'linux': {
      const { spawnBy, callBy, nodeWaitBy } = ticket as LinuxTicket;
      return new LinuxHost({ spawnBy, callBy, nodeWaitBy });
    }
    // Other threads do not load them.
    case 'recorded': {
      const { RecordThreadHost } = await import('../host/record/threads/record-thread-host.ts');
      const own = await hostFromTicket((ticket as RecordTicket).of);
      return new RecordThreadHost(own, traceClock(own), ticket as RecordTicket);
    }
    default: {
      const { ReplayThreadHost } = await import('../host/record/threads/replay-thread-host.ts');
      const { SimHost } = await import('../host/sim/sim-host.ts');
      return new ReplayThreadHost(ticket as ReplayTicket, new SimHost());
    }
  }
}
