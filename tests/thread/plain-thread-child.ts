/** Run alone by plain-thread.test.ts: plain threads, and Workers that are kept. */

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { PlainThread } from '../../src/thread/plain-thread.ts';
import { SpareWorkers } from '../../src/thread/spare-workers.ts';

const path = join(process.argv[3]!, 'plain.mjs');

function modules(): void {
  const host = new LinuxHost();
  const machine = new MachineState({ host, loop: new MainLoop({ host }) });
  for (const module of [path, pathToFileURL(path), pathToFileURL(path).href]) {
    new PlainThread({ machine, name: 'p', module, data: typeof module }).join();
  }
  machine.dispose();
}

/** Between two machines Node tells the Workers that stdout and stderr want more. */
async function kept(): Promise<void> {
  const spare = new SpareWorkers();
  for (let i = 0; i < 3; i++) {
    const host = new SimHost();
    const loop = new MainLoop({ host });
    const machine = new MachineState({ host, loop, spare });
    new PlainThread({ machine, name: 'p', module: path, data: i }).join();
    machine.dispose();
    loop.close();
    host.dispose();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  spare.dispose();
}

/** With each number of free descriptors, a thread either runs or says what it lacks. */
function short(): void {
  const opened: number[] = [];
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'));
  } catch {}
  for (const Kernel of [LinuxHost, SimHost]) {
    for (const fd of opened.splice(-16)) closeSync(fd);
    const host = new Kernel();
    const machine = new MachineState({ host, loop: new MainLoop({ host }) });
    try {
      for (;;) opened.push(openSync('/dev/null', 'r'));
    } catch {}
    const said: string[] = [];
    for (let free = 0; free < 12; free++) {
      try {
        new PlainThread({ machine, name: 'p', module: path, data: '' }).join();
        said.push('ran');
      } catch (error) {
        said.push((error as Error).message);
      }
      closeSync(opened.pop()!);
    }
    console.log([...new Set(said)].join(', '));
    machine.dispose();
  }
}

const TESTS: Readonly<Record<string, () => void | Promise<void>>> = { modules, kept, short };
void TESTS[process.argv[2]!]!();
