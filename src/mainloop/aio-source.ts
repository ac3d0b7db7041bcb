import type { AioContext } from '../aio/aio-context.ts';
import { G_PRIORITY_DEFAULT, Source, timeoutNsToMs } from './source.ts';

/** An AioContext as a source of a main loop, which may run it again from its own callbacks. QEMU: aio_get_g_source. */
export class AioSource extends Source {
  readonly #ctx: AioContext;

  constructor(ctx: AioContext, name: string) {
    super(name, G_PRIORITY_DEFAULT, true);
    this.#ctx = ctx;
  }

  prepare(): number {
    return timeoutNsToMs(this.#ctx.prepare());
  }

  check(): boolean {
    return this.#ctx.check();
  }

  dispatch(): boolean {
    this.#ctx.dispatch();
    return true;
  }
}
