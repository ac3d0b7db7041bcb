// Two coroutines hand work on through a bounded buffer, on the simulated kernel: its
// time is virtual, so the run ends at once and is the same each time.
// Run it: node examples/coroutine-pipeline.mjs
import { CoQueue, Coroutines, coSleepNs, MainLoop, SimHost } from 'qemu-loop';

const host = new SimHost();
const loop = new MainLoop({ host });
const coroutines = new Coroutines(loop.context);
const startNs = host.nowNs;

const ITEMS = 5;
const ROOM = 2;
const buffer = [];
const notFull = new CoQueue(coroutines);
const notEmpty = new CoQueue(coroutines);

function log(text) {
  const ms = Math.round((host.nowNs - startNs) / 1e6);
  console.log(`${String(ms).padStart(3)} ms  ${text}`);
}

function* produce() {
  for (let item = 1; item <= ITEMS; item++) {
    while (buffer.length === ROOM) yield* notFull.wait();
    buffer.push(item);
    log(`made ${item}`);
    notEmpty.next();
  }
}

function* consume() {
  for (let count = 0; count < ITEMS; count++) {
    while (buffer.length === 0) yield* notEmpty.wait();
    const item = buffer.shift();
    notFull.next();
    yield* coSleepNs(coroutines, 10_000_000);
    log(`used ${item}`);
  }
  loop.quit();
}

coroutines.enter(coroutines.create(produce, 'producer'));
coroutines.enter(coroutines.create(consume, 'consumer'));
loop.run();
for (const part of [coroutines, loop, host]) part.dispose();
