/**
 * Run alone by many.test.ts: starts and stops IOThreads, some at a time, and tells what they leave.
 */

import { readdirSync } from 'node:fs';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';

const [, , module, count] = process.argv;
const host = new LinuxHost();
/** Threads that live at the same time. */
const AT_ONCE = 4;
/** How often the memory is looked at. */
const LOOKS = 10;

function left(): readonly [tasks: number, fds: number] {
  return [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length];
}

/** Resident memory, MiB, once Node has freed what Workers had. */
async function memory(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return Math.round(process.memoryUsage.rss() / 1024 / 1024);
}

/** Makes a machine, and starts and stops IOThreads in it. */
async function run(times: number): Promise<void> {
  const machine = new MachineState({ host });
  for (let i = 0; i < times; i += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, times - i) }, (_, k) => {
      return new IOThread({ machine, name: `io${i + k}`, module: k === 0 ? module : undefined });
    });
    // One of them is busy.
    batch[0]!.context.scheduleOneshot('rest');
    for (const io of batch) io.dispose();
    // Node frees a Worker's memory in its own loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  machine.dispose();
}

async function main(): Promise<void> {
  await run(8);
  const before = await memory();
  const [tasks, fds] = left();
  for (let look = 1; look <= LOOKS; look++) {
    await run(Math.ceil(Number(count) / LOOKS));
    console.log(`after ${look}/${LOOKS}: ${(await memory()) - before} MiB more`);
  }
  for (let looks = 0; left()[0] > tasks && looks < 1000; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const [tasksNow, fdsNow] = left();
  console.log(`${tasksNow - tasks} threads, ${fdsNow - fds} descriptors more`);
}

void main();
