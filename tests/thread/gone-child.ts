/**
 * Run alone by gone.test.ts: a thread is started from a copy of the library, then files of that change, then
 * a thread of each kind is to start. Tells what each says.
 */

import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { PlainThread } from '../../src/thread/plain-thread.ts';
import { ThreadPool } from '../../src/thread/thread-pool.ts';
import { VCpu } from '../../src/thread/vcpu/vcpu.ts';
import { Vm } from '../../src/thread/vcpu/vm.ts';

const [, , dist, file, change] = process.argv;
const root = mkdtempSync(join(tmpdir(), 'qemu-loop-gone-'));
const folder = join(root, 'dist', 'cjs');
cpSync(dist!, folder, { recursive: true });
symlinkSync(join(dist!, '../../node_modules'), join(root, 'node_modules'));
const module = join(root, 'module.mjs');
writeFileSync(module, 'export default () => {};');

const host = new LinuxHost();
const loop = new MainLoop({ host });
const entry = pathToFileURL(join(folder, 'thread-entry.js'));
const machine = new MachineState({ host, loop, entry });
const vm = new Vm({ machine });
const said: string[] = [];

function say(start: () => unknown): void {
  try {
    start();
    said.push('it started');
  } catch (error) {
    const { message } = error as Error;
    said.push(message.replaceAll(root, 'ROOT').replace(/:\d+/g, ''));
  }
}

new IOThread({ machine, name: 'first' }).dispose();
if (file === 'module.mjs') rmSync(module);
else if (change === 'gone') rmSync(join(folder, file!));
else writeFileSync(join(folder, file!), 'throw new Error("damaged");');

say(() => new IOThread({ machine, name: 'io0', module }).dispose());
say(() => new PlainThread({ machine, name: 'plain', module }).join());
say(() => new VCpu({ vm, name: 'cpu0', module }).dispose());
const pool = new ThreadPool({ machine, context: loop.context });
let done = false;
const work =
  file === 'module.mjs'
    ? ({ op: 'call', function: pool.function(module), args: [] } as const)
    : ({ op: 'sleep', ns: 0 } as const);
pool.submitAio(work, () => (done = true));
say(() => {
  // The loop is not told that a worker did not begin: it sleeps in the kernel. The end of the pool is.
  if (change === 'damaged') {
    loop.mainLoopWait(true);
    pool.dropRequests();
    pool.dispose();
  }
  while (!done) loop.mainLoopWait(false);
  // The request may be done before the loop learns of the error, which then comes out here.
  pool.dispose();
});
vm.dispose();
rmSync(root, { recursive: true });
console.log(JSON.stringify({ said, left: existsSync(root) }));
// Its request has no worker.
process.exit(0);
