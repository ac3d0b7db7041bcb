/** Run alone by signals.test.ts: signals and children of the main loop while IOThreads run. */

import { readdirSync, readFileSync } from 'node:fs';
import { SA_SIGINFO, SIGCHLD, SIGRTMIN } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { Signals } from '../../src/signal/signals.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';

const [, , module, counts] = process.argv;
const [children, queued] = counts!.split(',').map(Number) as [number, number];
const AT_ONCE = 50;

const SIGNAL = SIGRTMIN + 1;
const WANTED = (1n << BigInt(SIGCHLD - 1)) | (1n << BigInt(SIGNAL - 1));

/** The signals of WANTED that each thread blocks, by its id. */
function blocked(): Map<string, bigint> {
  const tids = readdirSync('/proc/self/task');
  return new Map(
    tids.map((tid) => {
      const status = readFileSync(`/proc/self/task/${tid}/status`, 'latin1');
      return [tid, BigInt(`0x${/^SigBlk:\s+(\w+)$/m.exec(status)![1]}`) & WANTED];
    }),
  );
}

const host = new LinuxHost();
const loop = new MainLoop({ host });
const machine = new MachineState({ host, loop });
const before = new IOThread({ machine, name: 'before', module: module! });
const masks = blocked();
const signals = new Signals(loop, { signals: [SIGCHLD, SIGNAL] });
const after = new IOThread({ machine, name: 'after', module: module! });
console.log(`all block them: ${[...blocked().values()].every((mask) => mask === WANTED)}`);

let expected = 0;
let inOrder = 0;
signals.sigaction(SIGNAL, {
  name: 'count',
  flags: SA_SIGINFO,
  handler: (_signo, { ssi_int: value }) => {
    if (value === inOrder) inOrder++;
  },
});
const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
let reaped = 0;
let started = 0;
const start = (): void => {
  for (; started < children && started - reaped < AT_ONCE; started++) {
    watch.spawn({ file: '/bin/true', argv: ['true'] }, 'true', {
      onEnd: () => {
        reaped++;
        start();
      },
    });
  }
};
start();
while (inOrder < queued || reaped < children) {
  for (let i = 0; i < 20 && expected < queued; i++) {
    if (host.sigqueue(host.getpid(), SIGNAL, expected) === 0) expected++;
  }
  loop.mainLoopWait(expected < queued);
}
console.log(`${reaped} reaped, ${inOrder} signals in order`);
before.context.scheduleOneshot('rest');
after.context.scheduleOneshot('rest');
before.dispose();
watch.dispose();
signals.dispose();
// Node has a thread that blocks all signals from the start.
const same = [...blocked()].every(([tid, mask]) => mask === (masks.get(tid) ?? 0n));
console.log(`masks as before: ${same}`);
after.dispose();
machine.dispose();
loop.close();
