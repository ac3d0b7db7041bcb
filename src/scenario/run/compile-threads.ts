import { QemuAbort } from '../../aio/abort.ts';
import { Vm } from '../../thread/vcpu/vm.ts';
import type { VmRef } from '../../thread/vcpu/vm-ref.ts';
import type { Action } from '../model.ts';
import type { RequestDef, ThreadAction } from '../model-threads.ts';
import type { Having, Thunk } from './callback.ts';
import type { Lane } from './lane.ts';
import { cpuWork } from './threads/cpu-work.ts';
import type { Crew, RequestsLike } from './threads/crew.ts';
import { waitOneshot, waitWhile } from './threads/waiting.ts';

/** Compiled as a part of their coroutine. */
type InCoroutine = 'submit_co' | 'reschedule';
type ActionOf<O extends ThreadAction['op']> = Having<Action, O>;

/** Does an action of a thread. */
type Act<O extends ThreadAction['op']> = (lane: Lane, crew: Crew, action: ActionOf<O>) => void;

/** Compiles the actions of a list that one action contains. */
export type CompileInside = (actions: readonly Action[]) => readonly Thunk[];

/** @param inside compiles the actions inside this one */
export function compileThreadAction(
  lane: Lane,
  action: Extract<Action, { op: ThreadAction['op'] }>,
  inside: CompileInside,
): Thunk {
  const { crew } = lane.machine;
  if (crew === null) throw new Error(`'${action.op}' needs several threads`);
  if (action.op === 'wait_while') return waitWhile(lane, crew, action, inside(action.each));
  // Each row takes the actions of its own op, which TypeScript cannot follow here.
  if (!Object.hasOwn(ACTS, action.op)) {
    throw new Error(`'${action.op}' is compiled outside of a coroutine`);
  }
  const act = ACTS[action.op as keyof typeof ACTS] as Act<ThreadAction['op']>;
  return () => act(lane, crew, action);
}

const ACTS: { readonly [O in Exclude<ThreadAction['op'], 'wait_while' | InCoroutine>]: Act<O> } = {
  bql_lock: (_lane, { machine }) => machine.thread.bql.lock(),
  bql_unlock: (_lane, { machine }) => machine.thread.bql.unlock(),
  acquire: (_lane, crew, { on }) => crew.machine.thread.acquire(crew.mate(on.name).context),
  release: (_lane, crew, { on }) => crew.machine.thread.release(crew.mate(on.name).context),
  hold: (_lane, crew, { on }) => crew.hold(on.name),
  go_on: (_lane, { shared }, { on }) => shared.goOn(on.name),
  wait_idle: (_lane, crew, { on }) => crew.waitIdle(on.name),
  wait_asleep: (lane, crew, { on }) =>
    crew.waitAsleep(on.name, (ns) => lane.machine.world.sleep(ns)),
  await_words: (_lane, { shared }, { words }) => shared.waitUntil(() => shared.holds(words)),
  put: (_lane, { shared }, { on, value }) => shared.put(on.name, value),
  add: (_lane, { shared }, { on, value }) => shared.add(on.name, value),
  compute: (lane, _crew, { ns }) => lane.machine.world.compute(ns),
  start: (_lane, { shared }, { on }) => shared.start(on.name),
  join: (_lane, { shared }, { on }) => shared.waitUntil(() => shared.isOver(on.name)),
  stop: (_lane, crew, { on }) => {
    if (crew.stop === null) throw new QemuAbort('iothread_stop: only main can do this');
    crew.stop(on.name);
  },
  wait_kick: (_lane, { machine }) => machine.thread.aioWait.kick(),
  wait_oneshot: (lane, crew, { on }) => waitOneshot(lane, crew, on.name),
  cond_wait: (lane, crew, { on }) => {
    lane.waited = crew.machine.thread.bql.condWait(crew.cond(on.name));
  },
  co_schedule_in: (lane, _crew, { on, context }) =>
    lane.object('coroutines', on.name).scheduleIn(context.name),
  submit: (_lane, crew, { on }) => requestsOf(crew, on.name, (all, def) => all.submit(def)),
  submit_only: (_lane, crew, { on }) =>
    requestsOf(crew, on.name, (all, def) => all.submitOnly(def)),
  halt: (_lane, crew) => crew.vcpu!.halt(),
  pause_all_vcpus: (_lane, crew) => vmOf(crew).pauseAllVcpus(),
  resume_all_vcpus: (_lane, crew) => vmOf(crew).resumeAllVcpus(),
  vm_stop: (_lane, crew) => vmOf(crew).stop(),
  vm_start: (_lane, crew) => {
    const vm = vmOf(crew);
    if (!(vm instanceof Vm)) throw new QemuAbort('vm_start: only main can do this');
    vm.start();
  },
  run_on_cpu: (_lane, crew, action) =>
    crew.cpu(action.on.name).runOnCpu('list', cpuWork(crew.scenario).indexOf(action.do)),
  async_run_on_cpu: (_lane, crew, action) =>
    crew.cpu(action.on.name).asyncRunOnCpu('list', cpuWork(crew.scenario).indexOf(action.do)),
  async_safe_run_on_cpu: (_lane, crew, action) =>
    crew.cpu(action.on.name).asyncSafeRunOnCpu('list', cpuWork(crew.scenario).indexOf(action.do)),
  start_exclusive: (_lane, crew) => crew.vcpu!.startExclusive(),
  end_exclusive: (_lane, crew) => crew.vcpu!.endExclusive(),
  cond_signal: (_lane, crew, { on }) => crew.cond(on.name).signal(),
};

function vmOf({ vm }: Crew): VmRef {
  if (vm === null) throw new QemuAbort('vm_stop: only a file with vcpus can do this');
  return vm;
}

/** Acts on a request of this thread's pool. */
function requestsOf(
  crew: Crew,
  name: string,
  act: (all: RequestsLike, def: RequestDef) => void,
): void {
  const def = crew.scenario.objects.find((object) => object.name === name) as RequestDef;
  if (crew.requests === null) throw new QemuAbort(`'${name}': this thread has no thread pool`);
  act(crew.requests, def);
}
