/** The module of a run's vCPUs: does what the file says, in each turn of their loops. */

import type { VCpuSelf, VCpuWork } from '../../../thread/vcpu/vcpu-run.ts';
import type { VcpuDef } from '../../model-threads.ts';
import type { Thunk } from '../callback.ts';
import { compileActions, compileBody } from '../compile.ts';
import { compileMoving } from '../compile-coroutine.ts';
import { Lane } from '../lane.ts';
import { cpuWork } from './cpu-work.ts';
import { shareCoroutines } from './shared-co.ts';
import { THREAD_IS_OVER } from './shared-run.ts';
import type { ThreadData } from './thread-data.ts';
import { ThreadMachine } from './thread-machine.ts';

class VcpuLane {
  readonly #cpu: VCpuSelf;
  readonly #lane: Lane;
  readonly #machine: ThreadMachine;
  readonly #thunks: readonly Thunk[];
  #turns: number;

  constructor(cpu: VCpuSelf) {
    const { name, thread } = cpu;
    const data = cpu.data as ThreadData;
    this.#cpu = cpu;
    this.#machine = new ThreadMachine(data, thread);
    const machine = this.#machine;
    this.#lane = new Lane(
      { name, machine, trace: thread.trace, context: null, loop: null },
      compileBody,
    );
    shareCoroutines(this.#lane, machine.crew, compileMoving);
    machine.crew.vcpu = cpu;
    const def = data.scenario.objects.find((object) => object.name === name) as VcpuDef;
    this.#thunks = compileActions(this.#lane, def.do, 'thread');
    this.#turns = def.loop;
  }

  turn(): void {
    // One that stays would end each halt to come.
    this.#cpu.takeInterrupts();
    if (this.#turns === 0) {
      this.#cpu.halt();
      return;
    }
    this.#do(() => {
      this.#machine.whileBusy();
      for (const thunk of this.#thunks) thunk();
    });
    // After an error there is none left: one turn more would be one again, for ever.
    if (this.#turns === 0) return;
    this.#turns--;
    if (this.#turns === 0) this.#machine.crew.shared.setState(this.#lane.name, THREAD_IS_OVER);
  }

  work(number: number): void {
    const list = cpuWork(this.#machine.scenario)[number]!;
    this.#do(() => {
      for (const thunk of compileActions(this.#lane, list, 'thread')) thunk();
    });
  }

  /** An error ends the run, and this vCPU's part in it. */
  #do(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#turns = 0;
      this.#machine.crew.end(this.#lane.name, error);
    }
  }
}

/** Each vCPU has a host of its own. */
function laneOf(cpu: VCpuSelf): VcpuLane {
  const { belongings } = cpu.host;
  return belongings.get(VcpuLane) ?? belongings.add(VcpuLane, new VcpuLane(cpu));
}

export default function program(cpu: VCpuSelf): void {
  laneOf(cpu).turn();
}

export const work: Readonly<Record<string, VCpuWork>> = {
  list: (cpu, number) => laneOf(cpu).work(number!),
};
