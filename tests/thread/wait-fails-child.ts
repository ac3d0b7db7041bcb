/** Run alone by wait-fails.test.ts: main waits for entries of IOThreads that fail, or have ended. */

import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { NUM_WAITERS } from '../../src/thread/machine-words.ts';

const [, , name, module] = process.argv;
const host = new LinuxHost();
const loop = new MainLoop({ host });
const machine = new MachineState({ host, loop });
const { aioWait, bql } = machine.thread;
const words = new Int32Array(new SharedArrayBuffer(4));
const told: string[] = [];
const say: unknown[] = [];

function iothread(onError?: (error: Error) => void): IOThread {
  return new IOThread({ machine, name: 'io0', module: module!, data: { words }, onError });
}

/** Waits for an entry, with the lock that this needs. Returns the error of the call. */
function waitFor(io: IOThread, entry: string): string {
  machine.thread.acquire(io.context);
  let said = 'returned';
  try {
    aioWait.bhOneshot(io.context, entry, 42);
  } catch (error) {
    said = String(error);
  }
  machine.thread.release(io.context);
  return said;
}

/** The errors that come out of main's loop, and whether the wait has left something. */
function loopSays(): unknown[] {
  const said: unknown[] = [];
  for (let i = 0; i < 10; i++) {
    try {
      loop.mainLoopWait(true);
    } catch (error) {
      said.push(String(error));
    }
  }
  return [...said, bql.isMine, machine.words[NUM_WAITERS]];
}

const cases: Readonly<Record<string, () => void>> = {
  fails: () => {
    const io = iothread();
    say.push(waitFor(io, 'returns'), words[0]);
    say.push(waitFor(io, 'throws'), io.running, loopSays());
    say.push(waitFor(io, 'returns'));
    io.dispose();
  },
  fails_with_onError: () => {
    const io = iothread((error) => told.push(String(error)));
    say.push(waitFor(io, 'throws'), told, loopSays());
    io.dispose();
  },
  exits: () => {
    const io = iothread();
    say.push(waitFor(io, 'exits'), loopSays());
    io.stop();
    machine.dispose();
  },
  exits_with_onError: () => {
    const io = iothread((error) => told.push(String(error)));
    say.push(waitFor(io, 'exits'), told, loopSays());
    io.stop();
    machine.dispose();
  },
  has_ended: () => {
    const io = iothread();
    io.stop();
    io.dispose();
    // Its lock is still there, and nobody does what is scheduled.
    say.push(waitFor(io, 'returns'), loopSays());
  },
};

cases[name!]!();
machine.dispose();
loop.close();
console.log(JSON.stringify(say));
