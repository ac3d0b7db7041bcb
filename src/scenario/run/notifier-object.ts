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
}

/** An EventNotifier, with the handlers that the file gives it. */
export class NotifierObject {
  readonly notifier: EventNotifier;
  /** Whether its io_poll returns true. */
  flagged = false;

  constructor(def: NotifierDef, { host, ctx, log, callback, onIoPoll }: NotifierParts) {
    const { name } = def;
    this.notifier = new EventNotifier(host, def.set);
    const clear = def.clear ? (): void => void this.notifier.testAndClear() : undefined;
    const ioRead = (): void => callback.call(name, clear);
    if (!def.pollable) {
      ctx.setEventNotifier(this.notifier, { name, ioRead });
      return;
    }
    ctx.setEventNotifier(this.notifier, {
      name,
      ioRead,
      ioPoll: () => {
        onIoPoll();
        log.addIoPoll(name, this.flagged);
        return this.flagged;
      },
      ioPollReady: () => {
        this.flagged = false;
        callback.call(`${name}.poll_ready`);
      },
    });
    ctx.setFdPoll(
      this.notifier.fd,
      () => log.add(`${name}.poll_begin`),
      () => log.add(`${name}.poll_end`),
    );
  }

  close(): void {
    this.notifier.dispose();
  }
}
