import type { AioContext } from '../aio/aio-context.ts';
import type { FdHandlers } from '../aio/handler.ts';
import type { Disposable, Host } from '../host/host.ts';
import type { Tracer } from '../trace/tracer.ts';

/** The parts of a main loop that signals need. */
export interface SignalLoop {
  readonly host: Host;
  readonly trace: Tracer;
  /** The context of the bottom halves that handlers schedule. */
  readonly context: AioContext;
  setFdHandler<T = undefined>(fd: number, handlers: FdHandlers<T> | null): Disposable;
}
