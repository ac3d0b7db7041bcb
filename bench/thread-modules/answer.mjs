/**
 * An IOThread that tells when all its bottom halves have run, and plays ping-pong with another: `ball`
 * schedules the other's ball, until the turns are over.
 */
import { receiveMessageOnPort } from 'node:worker_threads';
import { RemoteBottomHalf } from 'qemu-loop';

const COUNT = 0;
const LEFT = 1;
const END = 2;

export default function answer({ context, host, data: { words, many, port } }) {
  let ran = 0;
  // Told once, since main looks at the word all the time.
  const run = () => {
    if (++ran < many) return;
    ran = 0;
    Atomics.store(words, COUNT, many);
  };
  const bhs = Array.from({ length: many }, (_, i) =>
    context.newBottomHalf(`bench ${i}`, () => run()),
  );
  let other = null;
  const ball = context.newBottomHalf('ball', () => {
    other ??= RemoteBottomHalf.from(receiveMessageOnPort(port).message, host);
    if (--words[LEFT] > 0) {
      other.schedule();
      return;
    }
    Atomics.store(words, END, 1);
    host.futexWake(words, END, 1);
  });
  port.postMessage({ bhs: bhs.map((bh) => bh.share()), ball: ball.share() });
}
