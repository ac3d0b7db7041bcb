import type { AioContext } from '../aio/aio-context.ts';
import { AioSource } from '../mainloop/aio-source.ts';
import { MainContext } from '../mainloop/main-context.ts';
import { MainPoll } from '../mainloop/main-poll.ts';

const NS_PER_MS = 1_000_000;

/** The loop of an IOThread: it polls its context, or a main context that has it as a source. */
export class IOThreadLoop {
  readonly #context: AioContext;
  #running = true;
  #sources: MainContext | null = null;
  #poll: MainPoll | null = null;

  constructor(context: AioContext) {
    this.#context = context;
    context.endsByItself();
  }

  /** QEMU: iothread_run. */
  run(): void {
    while (this.#running) {
      this.#context.poll(true);
      while (this.#running && this.#sources !== null) this.#iterate(this.#sources, this.#poll!);
    }
  }

  /** Ends it after its round. */
  quit(): void {
    this.#running = false;
  }

  /** From now on the loop runs sources, too. QEMU: iothread_get_g_main_context. */
  gMainContext(): MainContext {
    if (this.#sources !== null) return this.#sources;
    const context = this.#context;
    this.#sources = new MainContext();
    this.#poll = new MainPoll(context.host, context.trace, 'auto');
    this.#poll.addContext(context);
    this.#sources.attach(new AioSource(context, 'aio-context'));
    return this.#sources;
  }

  /** To be called before the context is closed. */
  close(): void {
    this.#poll?.close();
  }

  /** GLib: g_main_context_iteration. */
  #iterate(sources: MainContext, poll: MainPoll): void {
    sources.prepare();
    const { timeoutMs } = sources;
    poll.wait(sources.pollsFds, [], timeoutMs < 0 ? -1 : timeoutMs * NS_PER_MS);
    if (sources.check()) sources.dispatch();
  }
}
