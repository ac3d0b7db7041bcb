import type { Host } from '../host/host.ts';

/** The contexts of a main loop, by their names in traces: those of QEMU's variables. */
export const QEMU_AIO_CONTEXT = 'qemu_aio_context';
export const IOHANDLER_CTX = 'iohandler_ctx';

/** How many contexts without a name of their own each host has had. */
const counts = new WeakMap<Host, number>();

/** The name in traces of a context that was given none. */
export function newContextName(host: Host): string {
  const count = (counts.get(host) ?? 0) + 1;
  counts.set(host, count);
  return `aio_context_${count}`;
}
