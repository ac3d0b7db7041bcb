/**
 * Run alone by many.test.ts: starts and stops IOThreads, and tells what they leave. It can be run by
 * hand with more of them.
 */

import { readdirSync } from 'node:fs';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';

const [, , module, count] = process.argv;
const host = new LinuxHost();

function left(): readonly [tasks: number, fds: number] {
  return [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length];
}

/** Makes a machine, and starts and stops IOThreads in it. */
async function run(times: number): Promise<void> {
  const machine = new MachineState({ host });
  for (let i = 0; i < times; i++) {
    const io = new IOThread({ machine, name: `io${i}`, module: module! });
    io.context.scheduleOneshot('rest');
    io.dispose();
    // Node frees a Worker's memory in its own loop.
    if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  machine.dispose();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

async function main(): Promise<void> {
  await run(8);
  const [tasks, fds] = left();
  const rss = process.memoryUsage.rss();
  await run(Number(count));
  for (let looks = 0; left()[0] > tasks && looks < 1000; looks++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const [tasksNow, fdsNow] = left();
  const grown = Math.round((process.memoryUsage.rss() - rss) / 1024 / 1024);
  console.log(`${tasksNow - tasks} threads, ${fdsNow - fds} descriptors more`);
  console.error(`${grown} MiB more`);
}

void main();
