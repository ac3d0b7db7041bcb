import { checkOptions } from '../host/arguments.ts';
import type { MachineState } from './machine-state.ts';

/** An IOThread, as query-iothreads tells. QEMU: IOThreadInfo. */
export interface IOThreadInfo {
  readonly id: string;
  readonly threadId: number;
  readonly pollMaxNs: number;
  readonly pollGrow: number;
  readonly pollShrink: number;
  readonly aioMaxBatch: number;
}

/** The IOThreads of a machine that are not disposed of, by name. Internal ones have no info. */
export type IOThreadList = Map<string, ListedIOThread>;

export interface ListedIOThread {
  readonly info: (() => IOThreadInfo) | null;
  /** Finalizes its context once it has ended: its machine is disposed of. */
  readonly abandon: () => void;
  /** The descriptor of its context, which tells that from all others. */
  readonly wakeFd: number;
  readonly hasEnded: () => boolean;
  /** Waits until it has ended. Returns the error of that, as ThreadRun.takeFailure. */
  readonly takeFailure: () => Error | null;
}

/** The IOThreads that this thread of a machine has made. QEMU: qmp_query_iothreads. */
export function queryIOThreads(machine: MachineState): IOThreadInfo[] {
  checkOptions({ machine }, 'queryIOThreads', { machine: 'a MachineState' });
  return [...machine.workers.iothreads.values()].flatMap(({ info }) => info?.() ?? []);
}
