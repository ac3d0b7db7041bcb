import type { AioContext } from '../aio/aio-context.ts';
import type { HostBuffer } from '../host/host.ts';

/** Bytes that one read or write moves at most. */
export const CHUNK = 65536;

/** The memory through which all connections of a context read and write, one at a time. */
export class IoMemory {
  readonly incoming: HostBuffer;
  readonly outgoing: HostBuffer;

  private constructor(ctx: AioContext) {
    this.incoming = ctx.host.alloc(CHUNK);
    this.outgoing = ctx.host.alloc(CHUNK);
  }

  static of(ctx: AioContext): IoMemory {
    const { belongings } = ctx;
    return belongings.get(IoMemory) ?? belongings.add(IoMemory, new IoMemory(ctx));
  }
}
