/** A Worker of Node's, without anything of ours: tells when a message has come, and plays ping-pong. */
import { parentPort, workerData } from 'node:worker_threads';

const COUNT = 0;
const LEFT = 1;
const END = 2;

const { words } = workerData;

parentPort.on('message', ({ port, begins }) => {
  if (port === undefined) {
    Atomics.add(words, COUNT, 1);
    Atomics.notify(words, COUNT);
    return;
  }
  port.on('message', () => {
    if (--words[LEFT] > 0) {
      port.postMessage(0);
      return;
    }
    port.close();
    Atomics.store(words, END, 1);
    Atomics.notify(words, END);
  });
  if (begins) port.postMessage(0);
});
parentPort.postMessage('up');
