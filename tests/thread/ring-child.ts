/**
 * Run alone by stress.test.ts: a number goes round three workers and the main thread, by entries. In
 * each, a bottom half that the thread schedules by a handle of its own passes it on.
 */

import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { AioContext } from '../../src/aio/aio-context.ts';
import type { ContextHandle } from '../../src/aio/handles.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { RemoteBottomHalf } from '../../src/thread/remote-bottom-half.ts';
import { RemoteContext } from '../../src/thread/remote-context.ts';

const WORKERS = 3;
const HOPS = 20_000;

class Place {
  readonly host = new LinuxHost();
  readonly ctx = new AioContext({ host: this.host });
  /** Numbers that came here, each greater than the one before. */
  count = 0;
  #last = -1;
  #next: RemoteContext | null = null;

  constructor() {
    const bh = this.ctx.newBottomHalf('pass on', () => {
      if (this.#last < HOPS + WORKERS) this.#next!.scheduleOneshot('hop', this.#last + 1);
      if (this.#last >= HOPS) bh.delete();
    });
    const self = RemoteBottomHalf.from(bh.share(), this.host);
    this.ctx.newEntry('hop', (n) => {
      if (n! <= this.#last) throw new Error(`${n} after ${this.#last}`);
      this.#last = n!;
      this.count++;
      self.schedule();
    });
  }

  /** Runs until a number from HOPS on was passed on. */
  run(next: ContextHandle): void {
    this.#next = RemoteContext.from(next, this.host);
    while (this.#last < HOPS) this.ctx.poll(true);
    // The last one is passed on by this.
    this.ctx.poll(true);
    this.ctx.poll(false);
  }

  end(): number {
    this.ctx.close();
    this.host.dispose();
    return this.count;
  }
}

async function main(): Promise<void> {
  const place = new Place();
  const workers = Array.from({ length: WORKERS }, () => new Worker(process.argv[1]!));
  const messages = workers.map(
    (worker) => new Promise<ContextHandle>((resolve) => worker.once('message', resolve)),
  );
  const handles = await Promise.all(messages);
  const counts = workers.map(
    (worker) => new Promise<number>((resolve) => worker.once('message', resolve)),
  );
  workers.forEach((worker, i) => void worker.postMessage(handles[i + 1] ?? place.ctx.share()));
  RemoteContext.from(handles[0]!, place.host).scheduleOneshot('hop', 0);
  place.run(handles[0]!);
  const total = (await Promise.all(counts)).reduce((sum, count) => sum + count, place.end());
  console.log(`${total} hops`);
}

if (isMainThread) void main();
else {
  const place = new Place();
  parentPort!.once('message', (next: ContextHandle) => {
    place.run(next);
    parentPort!.postMessage(place.end());
  });
  parentPort!.postMessage(place.ctx.share());
}
