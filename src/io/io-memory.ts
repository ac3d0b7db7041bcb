import type { AioContext } from '../aio/aio-context.ts';
import type { HostBuffer } from '../host/host.ts';

/** Bytes that one read or write moves at most. */
export const CHUNK = 65536;

/** The memory through which all connections of a context read and write, one at a time. */
export class IoMemory {
  static readonly #byContext = new WeakMap<AioContext, IoMemory>();
  readonly incoming: HostBuffer;
  readonly outgoing: HostBuffer;

  private constructor(ctx: AioContext) {
    this.incoming = ctx.host.alloc(CHUNK);
    this.outgoing = ctx.host.alloc(CHUNK);
  }

  static of(ctx: AioContext): IoMemory {
    let memory = IoMemory.#byContext.get(ctx);
    if (memory === undefined) {
      memory = new IoMemory(ctx);
      IoMemory.#byContext.set(ctx, memory);
    }
    return memory;
  }
}
