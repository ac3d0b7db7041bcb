/** Run alone by exclusive.test.ts: vCPUs on real threads, of which one at a time is alone. */

import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { VCpu } from '../../src/thread/vcpu/vcpu.ts';
import { Vm } from '../../src/thread/vcpu/vm.ts';

const [, , name, module] = process.argv;
/** The words of the vCPUs: see the module. */
const RUNS = 0;
const INSIDE = 1;
const WRONG = 2;
const SAFE = 3;

const host = new LinuxHost();
const loop = new MainLoop({ host });
const machine = new MachineState({ host, loop });
const { bql } = machine.thread;
const vm = new Vm({ machine });
const words = new Int32Array(new SharedArrayBuffer(16));
const errors: string[] = [];
const say: unknown[] = [];
let cpus = 0;

function cpu(what: string, itsWords = words): VCpu {
  const data = { words: itsWords, what };
  const onError = (error: Error): unknown => errors.push(error.message);
  return new VCpu({ vm, name: `cpu${cpus++}`, module: module!, data, onError });
}

/** Waits for another thread, which may want the BQL. */
function until(condition: () => boolean): void {
  while (!condition()) loop.mainLoopWait(true);
}

/** Another vCPU's program is called again and again. */
function goesOn(): boolean {
  const seen = Atomics.load(words, RUNS);
  until(() => Atomics.load(words, RUNS) > seen + 10);
  return bql.isMine;
}

/** A vCPU ends by an error; the other one goes on, and may be alone itself. */
function fails(what: string): void {
  const other = cpu('runs');
  cpu(what, new Int32Array(new SharedArrayBuffer(16)));
  vm.start();
  until(() => errors.length > 0);
  other.asyncSafeRunOnCpu('safe');
  until(() => Atomics.load(words, SAFE) === 1);
  say.push(errors, goesOn(), words[WRONG], words[INSIDE]! % 16);
}

const cases: Readonly<Record<string, () => void>> = {
  one_at_a_time: () => {
    for (let i = 0; i < 3; i++) cpu('often');
    for (let i = 1; i <= 5; i++) {
      vm.start();
      until(() => Atomics.load(words, RUNS) > 300 * i);
      // No vCPU is in its program, nor alone, once all have stopped.
      vm.stop();
      say.push(words[INSIDE]);
    }
    say.push(words[WRONG]);
  },
  safe_work: () => {
    const cpu0 = cpu('spins');
    const cpu1 = cpu('spins');
    vm.start();
    for (let i = 0; i < 100; i++) {
      cpu0.asyncSafeRunOnCpu('safe');
      cpu1.asyncSafeRunOnCpu('safe');
      if (i % 10 === 9) until(() => Atomics.load(words, SAFE) === 2 * (i + 1));
    }
    // In order with other work; also of vCPUs that stand.
    vm.stop();
    cpu0.asyncSafeRunOnCpu('safe');
    cpu0.runOnCpu('nothing');
    say.push(words[SAFE], words[WRONG], words[INSIDE]);
  },
  safe_work_that_throws: () => {
    const cpu0 = cpu('runs');
    const cpu1 = cpu('runs', new Int32Array(new SharedArrayBuffer(16)));
    vm.start();
    cpu1.asyncSafeRunOnCpu('throws');
    until(() => errors.length > 0);
    cpu0.asyncSafeRunOnCpu('safe');
    until(() => Atomics.load(words, SAFE) === 1);
    say.push(errors, goesOn(), words[WRONG]);
  },
};

if (name! in cases) cases[name!]!();
else fails(name!);
vm.dispose();
machine.dispose();
loop.close();
console.log(JSON.stringify(say));
