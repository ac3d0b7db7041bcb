import type { ThreadPort } from '../../../host/sim/threads/ports.ts';
import type { MachineHandle } from '../../../thread/machine-state.ts';
import type { CondHandle } from '../../../thread/qemu-cond.ts';
import type { VCpuHandle } from '../../../thread/vcpu/vcpu-words.ts';
import type { Scenario } from '../../model.ts';
import type { CoHandles, Lent } from './lent.ts';
import type { SharedRunHandle } from './shared-run.ts';
import type { ThreadTrace } from './thread-traces.ts';

/** The things that a thread of a run is given. */
export interface ThreadData {
  readonly scenario: Scenario;
  /** Its place among the threads of the run; main is 0. */
  readonly number: number;
  readonly shared: SharedRunHandle;
  readonly fds: Int32Array;
  readonly log: SharedArrayBuffer;
  /** By name. */
  readonly conds: Readonly<Record<string, CondHandle>>;
  /** Null if nobody wants its events. */
  readonly trace: ThreadTrace | null;
  readonly locks: CoHandles;
  /** Gets what other threads lend; null in a worker of a pool, which is given it. */
  readonly port: ThreadPort | null;
}

/** The things that a worker of a thread pool is given. */
export type WorkData = Omit<ThreadData, 'port'> & {
  readonly machine: MachineHandle;
  /** The things that the threads of the run had lent when the pool was made. */
  readonly lents: readonly (Lent | VCpuHandle)[];
};
