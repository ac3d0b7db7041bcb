/** The program of a vCPU, which does what `data.what` says. */

const RUNS = 0;
const VALUE = 1;
const SHARED = 2;
const RESULT = 3;

export default function run(cpu) {
  const { words, what, fd, other } = cpu.data;
  const runs = Atomics.add(words, RUNS, 1) + 1;
  if (what === 'halt') {
    cpu.takeInterrupts();
    cpu.halt();
  }
  if (what === 'spin') while (!cpu.exitRequested);
  if (what === 'mmio') {
    cpu.withBql(() => {
      // Within the device model it may be entered again.
      cpu.withBql(() => {
        words[SHARED]++;
      });
    });
    if (runs >= 5000) cpu.halt();
  }
  if (what === 'read') Atomics.store(words, RESULT, cpu.host.read(fd, cpu.host.alloc(8), 0, 8));
  if (what === 'call other' && runs === 1) {
    cpu.ref(cpu.handle).runOnCpu('set', 5);
    cpu.ref(other).asyncRunOnCpu('set', 6);
  }
  if (what === 'call failing') cpu.withBql(() => cpu.ref(other).runOnCpu('fail'));
  if (what === 'pause' && runs === 1) {
    cpu.withBql(() => {
      cpu.vm.pauseAllVcpus();
      words[SHARED] = cpu.ref(cpu.handle).stopped && cpu.ref(other).stopped ? 1 : 0;
      words[RESULT] = cpu.exitRequested ? 1 : 0;
    });
    Atomics.store(words, VALUE, 1);
  }
  if (what === 'stop' && runs === 1) {
    cpu.vm.stop();
    words[SHARED] = cpu.vm.running && !cpu.ref(cpu.handle).stopped ? 1 : 0;
    Atomics.store(words, VALUE, 1);
  }
  if (what === 'throw') throw new RangeError('of the program');
}

export const work = {
  set(cpu, value) {
    const { words } = cpu.data;
    words[RESULT] = cpu.thread.holdsBql ? 1 : 0;
    Atomics.store(words, VALUE, value);
  },
  append(cpu, digit) {
    const { words } = cpu.data;
    words[VALUE] = words[VALUE] * 10 + digit;
  },
  resume(cpu) {
    cpu.vm.resumeAllVcpus();
  },
  fail() {
    throw new RangeError('of the work');
  },
};
