import type { Host, ThreadTicket } from '../host/host.ts';
import { LinuxHost, type LinuxTicket } from '../host/linux/linux-host.ts';

/** The Host of a thread that Host.newThread made the ticket for. Called in that thread, once. */
export function hostFromTicket(ticket: ThreadTicket): Host {
  return new LinuxHost(ticket as LinuxTicket);
}
