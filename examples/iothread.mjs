// node examples/iothread.mjs
//
// A main loop and an IOThread talk to each other. The main loop calls an entry of the IOThread's
// context with a number; a thread pool of the IOThread reads that part of this file; the IOThread
// schedules a bottom half of the main loop, which takes the count of lines out of shared words.
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  IOThread,
  LinuxHost,
  MachineState,
  MainLoop,
  RemoteBottomHalf,
  ThreadPool,
} from 'qemu-loop';

const PART = 256;

/** In the IOThread, before its loop begins. */
export default function lines({ machine, context, host, data: { fd, words, done } }) {
  const pool = new ThreadPool({ machine, context });
  const buffer = pool.alloc(PART);
  const main = RemoteBottomHalf.from(done, host);
  context.newEntry('count', (part) => {
    pool.submitAio({ op: 'pread', fd, buffer, offset: part * PART }, (count) => {
      const text = buffer.u8.subarray(0, Math.max(0, count));
      Atomics.store(words, 0, count);
      Atomics.store(words, 1, text.filter((byte) => byte === 10).length);
      main.schedule();
    });
  });
  context.newEntry('end', () => pool.dispose());
}

async function main() {
  const host = new LinuxHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  const file = await open(fileURLToPath(import.meta.url));
  const words = new Int32Array(new SharedArrayBuffer(8));
  let [part, total] = [0, 0];
  const bh = loop.newBottomHalf('done', () => {
    const [count, lines] = words;
    total += lines;
    console.log(`part ${part}: ${count} bytes`);
    if (count < PART) loop.quit();
    else io.context.scheduleOneshot('count', ++part);
  });
  const data = { fd: file.fd, words, done: bh.share() };
  const io = new IOThread({ machine, name: 'io0', module: import.meta.url, data });

  io.context.scheduleOneshot('count', part);
  loop.run();
  console.log(`${total} lines, counted by thread ${io.name}`);

  io.context.scheduleOneshot('end');
  io.dispose();
  bh.delete();
  machine.dispose();
  loop.close();
  await file.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
