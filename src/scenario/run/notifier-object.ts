import type { AioContext } from '../../aio/aio-context.ts';
import { EventNotifier } from '../../aio/event-notifier.ts';
import type { Host } from '../../host/host.ts';
import type { NotifierDef } from '../model.ts';
import type { Callback } from './callback.ts';
import type { LaneLog } from './order-log.ts';

/** The parts of its thread that a NotifierObject works on. */
export interface NotifierParts {
  readonly host: Host;
  readonly ctx: AioContext;
  readonly log: LaneLog;
  readonly callback: Callback;
  /** Called at each io_poll, before it answers. */
  readonly onIoPoll: () => void;
  /** Whether other threads may look at its descriptor. */
  readonly isShared: boolean;
}

/** Handlers that take no argument, so that they fit a descriptor as well as a notifier. */
interface Handlers {
  readonly name: string;
  readonly ioRead: () => void;
  readonly ioPoll?: () => boolean;
  readonly ioPollReady?: () => void;
}

/** An EventNotifier, with the handlers that the file gives it. */
export class NotifierObject {
  /** Whether its io_poll returns true. */
  flagged = false;
  /** The result of the last test_and_clear, 1 or 0. */
  cleared = 0;
  readonly #notifier: EventNotifier;
  readonly #def: NotifierDef;
  readonly #parts: NotifierParts;

  constructor(def: NotifierDef, parts: NotifierParts) {
    this.#def = def;
    this.#parts = parts;
    this.#notifier = new EventNotifier(parts.host, def.set);
    const handlers = this.#handlers();
    // Others look at the descriptor itself, so it is not watched by its edges.
    if (parts.isShared) parts.ctx.setFdHandler(this.fd, handlers);
    else parts.ctx.setEventNotifier(this.#notifier, handlers);
    if (def.pollable && !def.quiet) this.#logPolling();
  }

  get fd(): number {
    return this.#notifier.fd;
  }

  set(): void {
    this.#notifier.set();
  }

  testAndClear(): boolean {
    const was = this.#notifier.testAndClear();
    this.cleared = was ? 1 : 0;
    return was;
  }

  /** Lets its io_poll return true. */
  flag(): void {
    this.flagged = true;
  }

  close(): void {
    this.#notifier.dispose();
  }

  #handlers(): Handlers {
    const { name, clear, pollable, quiet } = this.#def;
    const { callback, log, onIoPoll } = this.#parts;
    const drain = clear ? (): void => void this.testAndClear() : undefined;
    const ioRead = (): void => callback.call(quiet ? null : name, drain);
    if (!pollable) return { name, ioRead };
    return {
      name,
      ioRead,
      ioPoll: () => {
        onIoPoll();
        if (!quiet) log.addIoPoll(name, this.flagged);
        return this.flagged;
      },
      ioPollReady: () => {
        this.flagged = false;
        callback.call(quiet ? null : `${name}.poll_ready`);
      },
    };
  }

  #logPolling(): void {
    const { name } = this.#def;
    const { ctx, log } = this.#parts;
    ctx.setFdPoll(
      this.fd,
      () => log.add(`${name}.poll_begin`),
      () => log.add(`${name}.poll_end`),
    );
  }
}
