/**
 * An IOThread that counts the bottom halves that run in it, and plays ping-pong with another: `ball`
 * schedules the other's ball, until the turns are over.
 */
import { receiveMessageOnPort } from 'node:worker_threads';
import { RemoteBottomHalf } from 'qemu-loop';

const COUNT = 0;
const LEFT = 1;
const END = 2;

export default function answer({ context, host, data: { words, many, port } }) {
  const bhs = Array.from({ length: many }, (_, i) =>
    context.newBottomHalf(`bench ${i}`, () => Atomics.add(words, COUNT, 1)),
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
