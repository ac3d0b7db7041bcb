// Watches a pipe, and writes to it by a timer: fd handlers and timers on one loop.
// Run it: node examples/poller.mjs
import { LinuxHost, MainLoop, O_CLOEXEC, O_NONBLOCK, QEMU_CLOCK_REALTIME } from 'qemu-loop';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const buffer = host.alloc(64);

const [readEnd, writeEnd] = pipe();
const reading = loop.setFdHandler(readEnd, {
  name: 'reader',
  ioRead: () => {
    const count = host.read(readEnd, buffer, 0, buffer.size);
    console.log(`read: ${Buffer.from(buffer.u8.subarray(0, count))}`);
  },
});

let ticks = 0;
const timer = loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'tick', () => {
  ticks++;
  const text = Buffer.from(`tick ${ticks}`);
  buffer.u8.set(text);
  host.write(writeEnd, buffer, 0, text.length);
  // The loop ends after the iteration in which the last tick was read.
  if (ticks === 3) loop.newBottomHalf('last', () => loop.quit()).schedule();
  else timer.modFromNowNs(10_000_000);
});
timer.modFromNowNs(10_000_000);

loop.run();
reading.dispose();
for (const fd of [readEnd, writeEnd]) host.close(fd);
for (const part of [loop, host]) part.dispose();

function pipe() {
  const ends = [-1, -1];
  const ret = host.pipe2(ends, O_CLOEXEC | O_NONBLOCK);
  if (ret < 0) throw new Error(`pipe2: ${ret}`);
  return ends;
}
