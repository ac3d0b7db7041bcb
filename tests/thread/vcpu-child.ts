/** Run alone by vcpu.test.ts, with the case and the folder of the modules: vCPUs on real threads. */

import { readFileSync } from 'node:fs';
import { QEMU_CLOCK_VIRTUAL } from '../../src/aio/clock.ts';
import { EINTR } from '../../src/host/errno.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { VCpu } from '../../src/thread/vcpu/vcpu.ts';
import type { VCpuHandle } from '../../src/thread/vcpu/vcpu-words.ts';
import { Vm } from '../../src/thread/vcpu/vm.ts';

const [, , name, modules] = process.argv;
const RUNS = 0;
const VALUE = 1;
const SHARED = 2;
const RESULT = 3;

const host = new LinuxHost();
const loop = new MainLoop({ host });
const machine = new MachineState({ host, loop });
const { bql } = machine.thread;
const vm = new Vm({ machine });
const words = new Int32Array(new SharedArrayBuffer(16));
const say: unknown[] = [];

interface Data {
  readonly what: string;
  readonly fd?: number;
  readonly other?: VCpuHandle;
  readonly words?: Int32Array;
}

function cpu(id: string, data: Data, onError?: (error: Error) => void): VCpu {
  return new VCpu({
    vm,
    name: id,
    module: `${modules}/cpu.mjs`,
    data: { words, ...data },
    onError,
  });
}

/** Waits for another thread, which may want the BQL. */
function until(condition: () => boolean): void {
  while (!condition()) {
    bql.unlock();
    host.schedYield();
    bql.lock();
  }
}

function thrown(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}

const runs = (): number => Atomics.load(words, RUNS);

const cases: Readonly<Record<string, () => void>> = {
  starts_and_stops: () => {
    const cpu0 = cpu('cpu0', { what: 'run' });
    const states: boolean[] = [];
    vm.onStateChange((running) => states.push(running));
    cpu0.runOnCpu('set', 1);
    say.push([
      'before',
      cpu0.stopped,
      runs(),
      vm.running,
      loop.clocks.isEnabled(QEMU_CLOCK_VIRTUAL),
    ]);
    vm.start();
    vm.start();
    until(() => runs() > 10);
    vm.stop();
    vm.stop();
    const seen = runs();
    const timeNs = loop.clocks.nowNs(QEMU_CLOCK_VIRTUAL);
    // It goes through its loop, and does not run.
    cpu0.runOnCpu('set', 2);
    say.push(['after', cpu0.stopped, runs() - seen, vm.running]);
    say.push(loop.clocks.nowNs(QEMU_CLOCK_VIRTUAL) - timeNs);
    vm.start();
    until(() => runs() > seen);
    say.push(states, bql.isMine);
  },
  work_is_done_in_order_with_the_bql: () => {
    const cpu0 = cpu('cpu0', { what: 'spin' });
    vm.start();
    until(() => runs() > 0);
    for (const digit of [1, 2, 3]) cpu0.asyncRunOnCpu('append', digit);
    cpu0.runOnCpu('append', 4);
    say.push(words[VALUE]);
    cpu0.runOnCpu('set', 7);
    say.push([words[VALUE], words[RESULT], bql.isMine]);
    // More than the queue has room for.
    for (let i = 0; i < 300; i++) cpu0.runOnCpu('set', i);
    say.push(words[VALUE]);
  },
  a_full_queue: () => {
    const cpu0 = cpu('cpu0', { what: 'spin' });
    // It needs the BQL, which main holds.
    let error = '';
    for (let i = 0; i < 200 && error === ''; i++) {
      try {
        cpu0.asyncRunOnCpu('append', 0);
      } catch (thrown) {
        error = `${i}: ${(thrown as Error).message}`;
      }
    }
    cpu0.runOnCpu('set', 9);
    say.push(error, words[VALUE]);
  },
  halts_until_an_interrupt: () => {
    const cpu0 = cpu('cpu0', { what: 'halt' });
    vm.start();
    for (let i = 1; i <= 3; i++) {
      until(() => cpu0.halted && runs() === i);
      cpu0.kick();
      cpu0.runOnCpu('set', i);
      say.push([runs(), cpu0.halted]);
      cpu0.interrupt();
    }
  },
  a_kick_ends_a_system_call: () => {
    const fd = host.eventfd(0, 0);
    const cpu0 = cpu('cpu0', { what: 'read', fd });
    vm.start();
    const stat = `/proc/self/task/${cpu0.threadId}/syscall`;
    // 0 is read(2) on x86-64, 63 elsewhere.
    const read = process.arch === 'x64' ? /^0 / : /^63 /;
    until(() => runs() > 0 && read.test(readFileSync(stat, 'latin1')));
    vm.stop();
    say.push(words[RESULT] === -EINTR);
    host.close(fd);
  },
  the_device_model_is_one_threads: () => {
    const cpus = ['cpu0', 'cpu1'].map((id) =>
      cpu(id, { what: 'mmio', words: new Int32Array(words.buffer) }),
    );
    vm.start();
    for (let i = 0; i < 5000; i++) {
      words[SHARED] = words[SHARED]! + 1;
      if (i % 16 === 0) loop.mainLoopWait(true);
    }
    until(() => cpus.every(({ halted }) => halted));
    say.push(words[SHARED]! === runs() + 5000, runs() >= 5000);
  },
  calls_of_vcpus: () => {
    const its = new Int32Array(new SharedArrayBuffer(16));
    const other = cpu('cpu1', { what: 'halt', words: its });
    cpu('cpu0', { what: 'call other', other: other.share() });
    vm.start();
    until(() => Atomics.load(its, VALUE) === 6);
    say.push(words[VALUE]);
  },
  a_vcpu_pauses_all: () => {
    const its = new Int32Array(new SharedArrayBuffer(16));
    const cpu1 = cpu('cpu1', { what: 'run', words: its });
    const cpu0 = cpu('cpu0', { what: 'pause', other: cpu1.share() });
    vm.start();
    until(() => Atomics.load(words, VALUE) === 1);
    const seen = Atomics.load(its, RUNS);
    say.push(words[SHARED], words[RESULT], loop.clocks.isEnabled(QEMU_CLOCK_VIRTUAL));
    cpu1.runOnCpu('set', 3);
    cpu0.runOnCpu('set', 2);
    say.push([vm.running, cpu0.stopped, cpu1.stopped]);
    say.push([words[VALUE], runs(), Atomics.load(its, RUNS) - seen]);
    cpu1.runOnCpu('resume');
    until(() => runs() > 1 && Atomics.load(its, RUNS) > seen);
    say.push(loop.clocks.isEnabled(QEMU_CLOCK_VIRTUAL));
  },
  a_vcpu_asks_to_stop_the_machine: () => {
    const states: boolean[] = [];
    vm.onStateChange((running) => states.push(running));
    const cpu1 = cpu('cpu1', { what: 'run', words: new Int32Array(new SharedArrayBuffer(16)) });
    const cpu0 = cpu('cpu0', { what: 'stop' });
    vm.start();
    until(() => Atomics.load(words, VALUE) === 1 && cpu0.stopped);
    say.push([words[SHARED], vm.running, cpu1.stopped, runs()]);
    loop.mainLoopWait(true);
    say.push([vm.running, cpu1.stopped, [...states]]);
    vm.start();
    until(() => runs() > 1);
  },
  others_end: () => {
    // A vCPU that failed, or that is gone, is not waited for; its place is taken again.
    const failed = cpu('cpu2', { what: 'throw' }, () => {});
    vm.start();
    while (failed.running) loop.mainLoopWait(true);
    for (let i = 0; i < 3; i++) {
      vm.stop();
      cpu(`gone${i}`, { what: 'run' }).dispose();
      vm.start();
    }
    const cpu1 = cpu('cpu1', { what: 'halt', words: new Int32Array(new SharedArrayBuffer(16)) });
    Atomics.store(words, RUNS, 0);
    cpu('cpu0', { what: 'pause', other: cpu1.share() });
    until(() => Atomics.load(words, VALUE) === 1);
    const used = machine.share().vcpus.filter((state, at) => at % 16 === 0 && state !== 0);
    say.push(words[SHARED], failed.stopped, used.length);
  },
  a_vcpu_starts_the_clock_of_others: () => {
    const data = { words, only: true };
    const io0 = new IOThread({ machine, name: 'io0', module: `${modules}/virtual.mjs`, data });
    const cpu0 = cpu('cpu0', { what: 'halt', words: new Int32Array(new SharedArrayBuffer(16)) });
    vm.start();
    until(() => runs() > 0);
    vm.pauseAllVcpus();
    until(() => io0.context.notifyMe !== 0);
    host.poll(host.alloc(8), 0, 5e6);
    const seen = runs();
    cpu0.runOnCpu('resume');
    // It sleeps until main has told it.
    while (runs() === seen) loop.mainLoopWait(true);
    say.push('ticks');
    io0.stop();
  },
  a_vcpu_that_fails: () => {
    const errors: string[] = [];
    const cpu0 = cpu('cpu0', { what: 'halt' }, (error) => errors.push(String(error)));
    const cpu1 = cpu('cpu1', { what: 'throw' }, (error) => errors.push(String(error)));
    vm.start();
    say.push(
      thrown(() => cpu0.runOnCpu('fail')),
      bql.isMine,
    );
    while (errors.length < 2) loop.mainLoopWait(false);
    // Its error may be told a moment before it has ended.
    until(() => !cpu1.running);
    vm.stop();
    say.push(errors.sort(), cpu0.running);
    for (const call of [() => cpu0.runOnCpu('set', 1), () => cpu0.asyncRunOnCpu('set', 1)]) {
      say.push(thrown(call));
    }
  },
  work_that_fails: () => {
    // Without onError it comes out once: of the call, not of the loop.
    const cpu0 = cpu('cpu0', { what: 'halt' });
    cpu0.asyncRunOnCpu('set', 5);
    say.push(
      thrown(() => cpu0.runOnCpu('fail')),
      bql.isMine,
      cpu0.running,
      words[VALUE],
    );
    while (loop.mainLoopWait(true) > 0);
    // Nobody waits for it: it comes out of the loop, and the work behind it is not done.
    const cpu1 = cpu('cpu1', { what: 'halt' });
    cpu1.asyncRunOnCpu('fail');
    cpu1.asyncRunOnCpu('set', 6);
    say.push(thrown(() => until(() => !cpu1.running)));
    // A round may have nothing to do: the last one may have woken the loop by what it scheduled.
    const nextError = (): string =>
      thrown(() =>
        until(() => {
          loop.mainLoopWait(true);
          return false;
        }),
      );
    say.push(nextError(), words[VALUE]);
    // Another thread's call throws, too.
    const cpu2 = cpu('cpu2', { what: 'halt' });
    cpu('cpu3', { what: 'call failing', other: cpu2.share() });
    vm.start();
    say.push([nextError(), nextError()].sort());
  },
  an_unknown_work: () => {
    const errors: string[] = [];
    const cpu0 = cpu('cpu0', { what: 'halt' }, (error) => errors.push(error.message));
    say.push(thrown(() => cpu0.runOnCpu('no such work')));
    while (errors.length < 1) loop.mainLoopWait(false);
    say.push(errors);
  },
  the_virtual_clock_of_every_thread: () => {
    const time = new Float64Array(new SharedArrayBuffer(8));
    const data = { words, time };
    const io0 = new IOThread({ machine, name: 'io0', module: `${modules}/virtual.mjs`, data });
    const looks = (): number => Atomics.load(words, 1);
    const twice = (): void => {
      const seen = looks();
      until(() => looks() > seen + 1);
    };
    twice();
    say.push(['stopped', runs(), time[0] === loop.clocks.nowNs(QEMU_CLOCK_VIRTUAL)]);
    vm.start();
    until(() => runs() > 3);
    vm.stop();
    const seen = runs();
    twice();
    say.push(['stopped again', runs() - seen, time[0] === loop.clocks.nowNs(QEMU_CLOCK_VIRTUAL)]);
    vm.start();
    until(() => runs() > seen);
    say.push(['started', time[0]! <= loop.clocks.nowNs(QEMU_CLOCK_VIRTUAL)]);
    io0.stop();
  },
};

cases[name!]!();
vm.dispose();
say.push(`left ${machine.workers.running.length}`);
machine.dispose();
loop.close();
console.log(JSON.stringify(say));
