/** Run alone by iothread.test.ts: an IOThread sleeps while the process ends as its argument says. */

import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';

const [, , how, module] = process.argv;
const host = new LinuxHost();
const words = new Int32Array(new SharedArrayBuffer(8));
const then = how?.startsWith('io-throw') ? 'throw' : undefined;
const loop = how === 'io-throw-loop' ? new MainLoop({ host }) : undefined;
const machine = new MachineState({ host, loop });
const io = new IOThread({ machine, name: 'io0', module: module!, data: { words, then } });
if (then === undefined) {
  host.futexWait(words, 1, 0, -1);
  // Only a thread that sleeps must be woken.
  while (io.context.notifyMe === 0) host.schedYield();
}

if (loop !== undefined) {
  try {
    loop.run();
  } catch (error) {
    console.log(`main_loop_wait: ${(error as Error).stack}`);
  }
  machine.dispose();
  loop.close();
  console.log('done');
}
if (how === 'exit') process.exit(5);
if (how === 'throw') throw new Error('of main');
// Keeps the process alive until the error comes.
if (how === 'io-throw') setTimeout(() => {}, 100_000);
if (how === 'sigterm') {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => {}, 100_000);
}
