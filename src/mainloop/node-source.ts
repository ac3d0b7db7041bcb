import { EdgeNotifiers } from '../aio/fdmon/edges.ts';
import { AioHandler, type HandlerOwner } from '../aio/handler.ts';
import type { NodeLoop } from '../host/node-wait.ts';
import { G_PRIORITY_DEFAULT, Source } from './source.ts';

/**
 * Node's own loop as a source of a main loop: its descriptor is polled with the others, its timers
 * limit the sleep, and its callbacks run when it is dispatched, after the contexts.
 */
export class NodeSource extends Source implements HandlerOwner {
  /** Unused, since its descriptor is watched by its level. */
  readonly edges = new EdgeNotifiers();
  readonly sleeper = { isQuiet: true };
  /** The registration of Node's descriptor, for the main loop's poll. */
  readonly record: AioHandler;
  readonly #node: NodeLoop;
  #readable = false;
  #detach: (() => void) | null = null;

  /** @param attach puts the record into the main loop's poll, and returns what takes it out */
  constructor(node: NodeLoop, attach: (record: AioHandler) => () => void) {
    super('node', G_PRIORITY_DEFAULT);
    this.#node = node;
    const handlers = { ioRead: () => {}, name: 'node' };
    this.record = new AioHandler(this, node.fd, handlers, 0, false);
    this.#detach = attach(this.record);
  }

  /**
   * A run begins. Inside Node's own callbacks it is a nested one, which leaves Node alone.
   * @throws Error if Node would stand still
   */
  begin(): void {
    const held = this.dispatching ? null : this.#node.heldBy();
    if (held === null) return;
    throw new Error(
      `run: it is called from ${held}, where the rest of Node stands still; call it from a timer, or use runAsync`,
    );
  }

  prepare(): number {
    this.#readable = false;
    // Callbacks of the loop may have resolved promises.
    this.#node.tick();
    return this.#node.timeoutMs();
  }

  check(): boolean {
    return this.#readable || this.#node.timeoutMs() === 0;
  }

  dispatch(): boolean {
    // Callbacks of the contexts have run since prepare.
    this.#node.tick();
    this.#node.turn();
    this.#node.tick();
    return true;
  }

  override dispose(): void {
    super.dispose();
    this.#detach?.();
    this.#detach = null;
    this.#node.dispose();
  }

  // HandlerOwner

  setRevents(): void {
    this.#readable = true;
  }

  removeHandler(): void {
    this.dispose();
  }
}
