/** Run alone by iothread.test.ts: an IOThread sleeps while the process ends as its argument says. */

import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';

const [, , how, module] = process.argv;
const host = new LinuxHost();
const words = new Int32Array(new SharedArrayBuffer(8));
const then = how === 'io-throw' ? 'throw' : undefined;
const machine = new MachineState({ host });
new IOThread({ machine, name: 'io0', module: module!, data: { words, then } });
if (then === undefined) host.futexWait(words, 1, 0, -1);

if (how === 'exit') process.exit(5);
if (how === 'throw') throw new Error('of main');
// Keeps the process alive until the error comes.
if (how === 'io-throw') setTimeout(() => {}, 100_000);
if (how === 'sigterm') {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => {}, 100_000);
}
