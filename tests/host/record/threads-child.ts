/**
 * Threads of a recorded run, and of its replay: `threads-child CASE`. A process of its own, since it blocks
 * its thread, and loses another one. Prints what came of the run, and of its replay.
 */

import type { Host } from '../../../src/host/host.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { MachineState } from '../../../src/thread/machine-state.ts';
import { PlainThread } from '../../../src/thread/plain-thread.ts';
import { Kept, replayOf } from './recorded.ts';

const [which, module] = process.argv.slice(2) as [string, string];

/** The program of the threads in the run that is recorded; in its replay it may be another one. */
let what = which === 'differ' ? 'count' : which;

/** Starts a thread that shares these words. */
function start(machine: MachineState, name: string, words: Int32Array): PlainThread {
  return new PlainThread({ machine, name, module, data: { what, words } });
}

/** Two threads write to the same memory by plain stores, which no kernel sees. */
function count(machine: MachineState): unknown {
  const words = new Int32Array(new SharedArrayBuffer(4096));
  const threads = ['a', 'b'].map((name) => start(machine, name, words));
  for (const one of threads) one.join();
  return { all: words[2], who: Array.from(words.subarray(8, 508)).join() };
}

/** An error that nobody catches ends a thread in its turn. */
function die(machine: MachineState): unknown {
  const words = new Int32Array(new SharedArrayBuffer(4096));
  try {
    start(machine, 'a', words).join();
  } catch (error) {
    return [(error as Error).message, machine.host.getpid() > 0];
  }
  return null;
}

function run(host: Host): unknown {
  const machine = new MachineState({ host });
  try {
    return { count, die, differ: count }[which]!(machine);
  } finally {
    machine.dispose();
  }
}

const kept = new Kept(new LinuxHost());
const recorded = run(kept.host);
what = which;
const replay = replayOf(kept.end());
let replayed: unknown;
try {
  replayed = run(replay);
  replay.finish();
} catch (error) {
  replayed = (error as Error).message;
}
console.log(JSON.stringify({ recorded, replayed, ended: replay.ended?.message ?? null }));
