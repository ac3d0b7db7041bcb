// A loop in a worker: messages of the main thread, and the loop's own timer, beside each other.
// Run it: node examples/worker.mjs
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { LinuxHost, MainLoop, QEMU_CLOCK_REALTIME } from 'qemu-loop';

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  worker.on('message', (text) => {
    console.log(text);
    // It sleeps again by now: a loop that Node drives does not hold terminate() up.
    if (text === 'tick 3') worker.terminate();
  });
  worker.postMessage('hello');
} else {
  const host = new LinuxHost();
  const loop = new MainLoop({ host });
  let ticks = 0;
  const timer = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'tick', () => {
    parentPort.postMessage(`tick ${++ticks}`);
    if (ticks < 3) timer.modIn(10);
  });
  parentPort.once('message', (text) => {
    parentPort.postMessage(`worker: ${text}, driven by ${loop.drivenBy}`);
    timer.modIn(10);
  });
  await loop.runAsync();
}
