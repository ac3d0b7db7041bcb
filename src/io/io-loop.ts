import type { AioContext } from '../aio/aio-context.ts';
import { checkHas } from '../host/arguments.ts';
import { IPPROTO_TCP, SIG_DFL, SIG_IGN, SIGPIPE, TCP_NODELAY } from '../host/constants.ts';
import { type Host, newSigAction } from '../host/host.ts';
import type { MainLoop } from '../mainloop/main-loop.ts';

/** Calls a socket's callbacks: a main loop, or a context, such as an IOThread's. */
export type IoLoop = MainLoop | AioContext;

/**
 * The context of a loop where sockets stand: iohandler_ctx of a main loop, so that aio_poll of the
 * main context does not call them.
 * @throws TypeError if it is neither
 */
export function contextOf(loop: IoLoop, what: string): AioContext {
  checkHas(loop, 'setFdHandler', `${what}: the loop`, 'a MainLoop or an AioContext');
  return 'iohandler' in loop ? loop.iohandler : loop;
}

/**
 * Ignores SIGPIPE, unless the process handles it: a write to a peer that is gone is an error of that
 * write. Node does so at its start.
 */
export function ignoreSigpipe(host: Host): void {
  const action = newSigAction();
  if (host.sigaction(SIGPIPE, null, action) !== 0 || action.handler !== SIG_DFL) return;
  host.sigaction(SIGPIPE, { ...newSigAction(), handler: SIG_IGN }, null);
}

/** Small writes are sent at once. A connection inherits it from its listener. */
export function setNoDelay(host: Host, fd: number): void {
  const value = host.alloc(4);
  value.i32[0] = 1;
  host.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, value, 4);
}
