// A coroutine of the IOThread submits to a pool of the IOThread.
import { Coroutines, ThreadPool } from 'qemu-loop';

export default function main({ machine, context, host, data: { words } }) {
  const pool = new ThreadPool({ machine, context });
  const coroutines = new Coroutines(context);
  const work = { op: 'call', function: pool.function(new URL('pool.mjs', import.meta.url)) };
  const co = coroutines.create(function* () {
    const result = yield* pool.submitCo(coroutines, work);
    Atomics.store(words, 0, host.gettid());
    context.scheduleOneshot('end', () => {
      pool.dispose();
      coroutines.dispose();
      Atomics.store(words, 1, result);
      host.futexWake(words, 1, 1);
    });
  });
  context.scheduleOneshot('begin', () => coroutines.enter(co));
}
