import type { Host } from '../host/host.ts';

/** The contexts of a main loop, by their ids in traces. */
export const QEMU_AIO_CONTEXT_ID = 1;
export const IOHANDLER_CTX_ID = 2;

/** The last id of a context of its own, by host: those of two hosts share nothing. */
const lastIds = new WeakMap<Host, number>();

/** The id in traces of a context that belongs to no main loop: 3, 4, 5 … on each host. */
export function newContextId(host: Host): number {
  const id = (lastIds.get(host) ?? IOHANDLER_CTX_ID) + 1;
  lastIds.set(host, id);
  return id;
}
