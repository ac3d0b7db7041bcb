import {
  type ByteWriter,
  checkBackend,
  type TraceBackend,
  type TraceOrigin,
  tidOf,
} from './backend.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { ChromeProcess, ChromeThread } from './chrome-thread.ts';
import { ChromeWriter } from './chrome-writer.ts';
import { MAIN_THREAD, type TraceThread } from './thread.ts';
import type { TraceSink } from './tracer.ts';

/**
 * Trace Event JSON, for ui.perfetto.dev and chrome://tracing: a track for each thread and one for
 * each child, nested slices, arrows, counters.
 */
export class ChromeBackend implements TraceBackend {
  readonly #out: ByteBuffer;
  readonly #origin: TraceOrigin;
  readonly #writer: ChromeWriter;
  readonly #process: ChromeProcess;
  readonly #threads = new Map<number, ChromeThread>();

  /** @throws TypeError */
  constructor(write: ByteWriter, origin: TraceOrigin) {
    checkBackend('ChromeBackend', write, origin);
    this.#out = new ByteBuffer(write);
    this.#origin = origin;
    this.#writer = new ChromeWriter(this.#out, origin.pid);
    this.#process = new ChromeProcess(this.#writer);
    this.#writer.process('qemu-loop');
  }

  get sink(): TraceSink {
    return this.sinkOf(MAIN_THREAD);
  }

  sinkOf(thread: TraceThread): TraceSink {
    return this.#thread(thread).sink;
  }

  dropped(count: number, timeNs: number, thread: TraceThread = MAIN_THREAD): void {
    this.#thread(thread).dropped(count, timeNs);
  }

  flush(): void {
    this.#out.flush();
  }

  close(): void {
    const threads = [...this.#threads.values()];
    const lastNs = Math.max(0, ...threads.map((thread) => thread.lastNs));
    this.#process.bhs.close(lastNs);
    this.#process.coroutines.close(lastNs);
    this.#process.notifies.close(lastNs);
    this.#process.pools.close(lastNs);
    for (const thread of threads) thread.closeReaps(lastNs);
    const endNs = Math.max(lastNs, ...threads.map((thread) => thread.notBefore(lastNs)));
    this.#process.children.close(endNs);
    this.#process.holds.end(endNs);
    for (const thread of threads) thread.closeSlices(lastNs);
    this.#writer.close();
    this.flush();
  }

  /** A thread's track, which it names the first time. */
  #thread(thread: TraceThread): ChromeThread {
    const tid = tidOf(thread, this.#origin);
    const known = this.#threads.get(tid);
    if (known !== undefined) return known;
    const readyFds = tid === this.#origin.tid ? 'ready fds' : `ready fds of ${thread.name}`;
    const made = new ChromeThread(this.#process, tid, thread.name, readyFds);
    this.#threads.set(tid, made);
    this.#writer.track(tid, thread.name, 0);
    return made;
  }
}
