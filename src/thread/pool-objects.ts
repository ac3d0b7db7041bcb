import { checkString, shown } from '../host/arguments.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import { moduleUrl } from './module-url.ts';
import type { PoolNews } from './pool-run.ts';
import type { PoolFunction } from './pool-work.ts';
import type { ThreadRun } from './thread-run.ts';

/** The buffers and functions of a thread pool. Each has a number, which its workers know. */
export class PoolObjectTable {
  readonly #host: Host;
  readonly #runs: ReadonlySet<ThreadRun>;
  readonly #buffers = new Map<HostBuffer, number>();
  readonly #news = new Map<number, PoolNews>();
  #lastId = 0;

  /** @param runs the workers, which are told */
  constructor(host: Host, runs: ReadonlySet<ThreadRun>) {
    this.#host = host;
    this.#runs = runs;
  }

  /** All that a new worker has to know. */
  get news(): readonly PoolNews[] {
    return [...this.#news.values()];
  }

  alloc(bytes: number): HostBuffer {
    const buffer = this.#host.allocShared(bytes);
    const id = ++this.#lastId;
    this.#buffers.set(buffer, id);
    const memory = buffer.u8.buffer as unknown as SharedArrayBuffer;
    this.#add(id, { buffer: id, memory, size: bytes });
    return buffer;
  }

  free(buffer: HostBuffer): void {
    const id = this.idOf(buffer);
    this.#buffers.delete(buffer);
    this.#news.delete(id);
    this.#tell({ buffer: id, memory: null, size: 0 });
  }

  function(module: string | URL, name: string): PoolFunction {
    checkString(name, 'ThreadPool.function: the name');
    const url = moduleUrl(module, 'ThreadPool.function: the module');
    const id = ++this.#lastId;
    this.#add(id, { callee: id, module: url, name });
    return { module: url, name, id };
  }

  /** @throws TypeError if it is not a buffer of this pool */
  readonly idOf = (buffer: HostBuffer): number => {
    const id = this.#buffers.get(buffer);
    if (id !== undefined) return id;
    throw new TypeError(`ThreadPool: the buffer is ${shown(buffer)}: expected one of its alloc`);
  };

  #add(id: number, news: PoolNews): void {
    this.#news.set(id, news);
    this.#tell(news);
  }

  #tell(news: PoolNews): void {
    for (const run of this.#runs) run.post(news);
  }
}
