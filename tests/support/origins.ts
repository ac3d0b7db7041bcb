/**
 * Finds out where a host's descriptors, listeners, masks and signal pipes that are still there were
 * taken: the stack of each.
 */

import { F_DUPFD_CLOEXEC } from '../../src/host/constants.ts';
import type { Disposable, Host } from '../../src/host/host.ts';

const F_DUPFD = 0;

/** The things that are still held, each with the stack that took it. */
export class Origins {
  readonly #held = new Map<unknown, { readonly what: string; readonly stack: string }>();

  take(key: unknown, what: string): void {
    const { stack = '' } = new Error(what);
    // Without the message, and the frames of the tracking itself.
    const frames = stack.split('\n').slice(1);
    const own = frames.filter((line) => !line.includes('support/origins.ts'));
    this.#held.set(key, { what, stack: own.slice(0, 8).join('\n') });
  }

  give(key: unknown): void {
    this.#held.delete(key);
  }

  /** A line for each that is left, with its stack below. Empty if nothing is. */
  get left(): string {
    return [...this.#held.values()].map(({ what, stack }) => `${what}, taken\n${stack}`).join('\n');
  }
}

/** The names of the host's calls, without its properties. */
type CallName = {
  [K in keyof Host]: Host[K] extends (...args: never[]) => unknown ? K : never;
}[keyof Host];
type Wrap = <K extends CallName>(
  name: K,
  after: (ret: ReturnType<Host[K]>, ...args: Parameters<Host[K]>) => void,
) => void;

/** Follows what is taken from a host from now on, until the host is gone. */
export function follow(host: Host): Origins {
  const origins = new Origins();
  const wrap: Wrap = (name, after) => {
    const call = host[name].bind(host) as (...args: unknown[]) => unknown;
    const told = after as (ret: unknown, ...args: unknown[]) => void;
    const wrapped = (...args: unknown[]): unknown => {
      const ret = call(...args);
      told(ret, ...args);
      return ret;
    };
    Object.defineProperty(host, name, { value: wrapped, configurable: true });
  };
  followFds(wrap, origins);
  followDisposables(wrap, origins);
  return origins;
}

function followFds(wrap: Wrap, origins: Origins): void {
  const took = (fd: number): void => {
    if (fd >= 0) origins.take(fd, `descriptor ${fd}`);
  };
  wrap('epollCreate1', took);
  wrap('eventfd', took);
  wrap('open', took);
  wrap('pidfdOpen', took);
  wrap('signalfd', (fd, old) => {
    if (old < 0) took(fd);
  });
  wrap('fcntl', (ret, _fd, cmd) => {
    if (cmd === F_DUPFD || cmd === F_DUPFD_CLOEXEC) took(ret);
  });
  wrap('pipe2', (ret, ends) => {
    if (ret === 0) ends.forEach(took);
  });
  wrap('socketpair', (ret, _domain, _type, ends) => {
    if (ret === 0) ends.forEach(took);
  });
  wrap('close', (_ret, fd) => origins.give(fd));
}

/** Follows the things that are given back by dispose, and signal masks. */
function followDisposables(wrap: Wrap, origins: Origins): void {
  const took = (what: string) => (held: Disposable | number) => {
    if (typeof held === 'number') return;
    origins.take(held, what);
    const dispose = held.dispose.bind(held);
    Object.defineProperty(held, 'dispose', {
      value: () => {
        origins.give(held);
        dispose();
      },
    });
  };
  wrap('onClose', took('a close listener'));
  wrap('openSignalPipe', took('a signal pipe'));
  wrap('blockSignals', (token) => {
    if (typeof token !== 'number') origins.take(token, 'a mask of signals');
  });
  wrap('restoreSignalMask', (_ret, token) => origins.give(token));
}
