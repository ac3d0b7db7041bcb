/**
 * Finds out where things that are still held were taken, with the stack of each: a host's
 * descriptors, listeners, masks and signal pipes, sinks of traces, listeners of a process.
 */

import { F_DUPFD_CLOEXEC } from '../../src/host/constants.ts';
import type { Disposable, Host } from '../../src/host/host.ts';
import type { Tracer } from '../../src/trace/tracer.ts';
import { inSource } from './source-lines.ts';

const F_DUPFD = 0;

/** The thing that was taken, and the frames that took it. V8 writes a stack out only when asked for it. */
function lines({ message, stack = '' }: Error): string {
  const frames = stack.split('\n').filter((line) => /^ +at /.test(line));
  const own = frames.filter((line) => !line.includes('support/origins.ts'));
  return `${message}, taken\n${own.slice(0, 8).map(inSource).join('\n')}`;
}

/** The things that are still held, each with the stack that took it. */
export class Origins {
  readonly #held = new Map<unknown, Error>();

  take(key: unknown, what: string): void {
    this.#held.set(key, new Error(what));
  }

  give(key: unknown): void {
    this.#held.delete(key);
  }

  /** A line for each that is left, with its stack below. Empty if nothing is. */
  get left(): string {
    return [...this.#held.values()].map(lines).join('\n');
  }

  /** As left, and nothing is held from then on. */
  takeLeft(): string {
    const { left } = this;
    this.#held.clear();
    return left;
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

/** Follows what is taken from a host, or from all hosts of a prototype, from now on. */
export function follow(host: Host, origins = new Origins()): Origins {
  const wrap: Wrap = (name, after) => {
    const call = host[name] as (...args: unknown[]) => unknown;
    const told = after as (ret: unknown, ...args: unknown[]) => void;
    const wrapped = function (this: Host, ...args: unknown[]): unknown {
      const ret = call.apply(this, args);
      told(ret, ...args);
      return ret;
    };
    Object.defineProperty(host, name, { value: wrapped, configurable: true, writable: true });
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

/** Notes that `held` is taken, until it is disposed of. */
function untilDisposed(origins: Origins, held: Disposable, what: string): void {
  origins.take(held, what);
  const dispose = held.dispose.bind(held);
  Object.defineProperty(held, 'dispose', {
    value: () => {
      origins.give(held);
      dispose();
    },
  });
}

/** Follows the things that are given back by dispose, and signal masks. */
function followDisposables(wrap: Wrap, origins: Origins): void {
  const took = (what: string) => (held: Disposable | number) => {
    if (typeof held !== 'number') untilDisposed(origins, held, what);
  };
  wrap('onClose', took('a close listener'));
  wrap('openSignalPipe', took('a signal pipe'));
  wrap('blockSignals', (token) => {
    if (typeof token !== 'number') origins.take(token, 'a mask of signals');
  });
  wrap('restoreSignalMask', (_ret, token) => origins.give(token));
}

/** Follows the sinks that are attached to a tracer, or to all tracers of a prototype. */
export function followSinks(tracer: Tracer, origins: Origins): void {
  const { attach } = tracer;
  tracer.attach = function (this: Tracer, ...args) {
    const attached = attach.apply(this, args);
    untilDisposed(origins, attached, 'a sink of a trace');
    return attached;
  };
}

/** Follows the listeners of a process. */
export function followListeners(emitter: NodeJS.Process, origins: Origins): void {
  type Name = 'on' | 'once' | 'off' | 'removeListener';
  const replace = (name: Name, note: (args: unknown[]) => void): void => {
    const method = emitter[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(emitter, name, {
      value: (...args: unknown[]) => {
        note(args);
        return method.apply(emitter, args);
      },
      configurable: true,
      writable: true,
    });
  };
  // `once` calls `on` with a function of its own, which names the listener.
  const given = (listener: unknown): unknown =>
    (listener as { listener?: unknown } | undefined)?.listener ?? listener;
  const took = ([event, listener]: unknown[]): void =>
    origins.take(given(listener), `a listener of '${String(event)}'`);
  replace('on', took);
  replace('once', took);
  const gave = ([, listener]: unknown[]): void => origins.give(given(listener));
  replace('off', gave);
  // `once` calls it too, before its listener.
  replace('removeListener', gave);
}
