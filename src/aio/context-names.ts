import type { Host } from '../host/host.ts';

/** The contexts of a main loop, by their names in traces: those of QEMU's variables. */
export const QEMU_AIO_CONTEXT = 'qemu_aio_context';
export const IOHANDLER_CTX = 'iohandler_ctx';

/** Counts the contexts of a host that have no name of their own. */
class ContextNames {
  #count = 0;

  next(): string {
    this.#count++;
    return `aio_context_${this.#count}`;
  }
}

/** The name in traces of a context that was given none. */
export function newContextName({ belongings }: Host): string {
  const names = belongings.get(ContextNames) ?? belongings.add(ContextNames, new ContextNames());
  return names.next();
}
