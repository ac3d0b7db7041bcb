/** The parts of scenarios that need neither Linux nor Node. */

export type { CapWorld } from '../host/lenses/capped.ts';
export type { TimedHost } from '../host/lenses/timed.ts';
export type { ChoiceKind, Choices } from '../host/sim/choices.ts';
export { type Loaded, loadScenario } from './load.ts';
export type * from './model.ts';
export type {
  Condition,
  IothreadDef,
  MainLoopParams,
  RequestDef,
  SharedDef,
  ThreadAction,
  ThreadDef,
  ThreadOp,
  VcpuDef,
} from './model-threads.ts';
export { formatProblem, type Mention, type Place, type Problem } from './problem.ts';
export type { DiffLine } from './run/diff.ts';
export { ScenarioEnded } from './run/ended.ts';
export type { Failure } from './run/judge.ts';
export type { LogEntry } from './run/order-log.ts';
export {
  type HostName,
  type Note,
  type RunOptions,
  type RunResult,
  type RunStatus,
  runScenario,
} from './run/run.ts';
export type { Delay, LaneWorld, World } from './run/world.ts';
export type { Bound, Comparison, Operator } from './values.ts';
export type { Section } from './vocabulary.ts';
