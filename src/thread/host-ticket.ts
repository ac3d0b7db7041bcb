import type { Host, ThreadTicket } from '../host/host.ts';
import { LinuxHost, type LinuxTicket } from '../host/linux/linux-host.ts';
import type { SimTicket } from '../host/sim/threads/messages.ts';
import { SimThreadHost } from '../host/sim/threads/thread-host.ts';

/**
 * The Host of a thread that Host.newThread made the ticket for. Called in that thread, once. On a
 * simulated kernel it returns when the thread gets the processor for the first time.
 */
export function hostFromTicket(ticket: ThreadTicket): Host {
  if (ticket.kind === 'sim') return new SimThreadHost(ticket as SimTicket);
  const { spawnBy, callBy, nodeWaitBy } = ticket as LinuxTicket;
  return new LinuxHost({ spawnBy, callBy, nodeWaitBy });
}
