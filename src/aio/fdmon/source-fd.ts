import { AioHandler, type HandlerOwner } from '../handler.ts';
import type { FdMon } from './fdmon.ts';

/** A monitor's own descriptor, which stands for all handlers of its context in a main loop's poll. */
export class SourceFd implements HandlerOwner {
  /** Its place in the poll. */
  readonly record: AioHandler;
  isReady = false;
  readonly edges: HandlerOwner['edges'];
  readonly sleeper: HandlerOwner['sleeper'];

  readonly hasEvents: HandlerOwner['hasEvents'];

  /** @param context whose monitor it is */
  constructor(
    { sourceFd: fd, hasEvents }: Pick<FdMon, 'sourceFd' | 'hasEvents'>,
    context: Pick<HandlerOwner, 'edges' | 'sleeper'>,
  ) {
    this.hasEvents = hasEvents;
    this.edges = context.edges;
    this.sleeper = context.sleeper;
    const handlers = { name: 'fdmon', ioRead: () => {} };
    this.record = new AioHandler(this, fd, handlers, 0, false);
  }

  setRevents(): void {
    this.isReady = true;
  }

  removeHandler(): void {}
}
