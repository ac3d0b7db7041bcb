/** The parts of a scenario's model that only files with several threads have. */

import type { Action, Base, Body } from './model.ts';
import type { Mention } from './problem.ts';
import type { Comparison } from './values.ts';
import { THREAD_ACTIONS } from './vocabulary.ts';

export interface IothreadDef extends Base {
  readonly section: 'iothreads';
  readonly pollMaxNs: number;
  readonly pollGrow: number;
  readonly pollShrink: number;
  readonly aioMaxBatch: number;
  readonly threadPoolMin: number;
  readonly threadPoolMax: number;
}

/** A plain thread, without a context. */
export interface ThreadDef extends Base {
  readonly section: 'threads';
  readonly do: readonly Action[];
  /** Whether it starts before the first step. */
  readonly start: boolean;
}

export interface VcpuDef extends Base {
  readonly section: 'vcpus';
  readonly do: readonly Action[];
  /** How often it does them; Infinity for ever. */
  readonly loop: number;
}

/** A request to the thread pool of a context. */
export interface RequestDef extends Base, Body {
  readonly section: 'requests';
  readonly context: string;
  /** The actions of a worker. */
  readonly work: readonly Action[];
  readonly returns: number;
  readonly quiet: boolean;
}

/** A number that all threads share, or a condition variable of the big lock. */
export interface SharedDef extends Base {
  readonly section: 'words' | 'conds';
}

/** Words and their values, which must all hold. */
export type Condition = readonly { readonly word: Mention; readonly is: Comparison }[];

export type ThreadOp = (typeof THREAD_ACTIONS)[number];

/** The actions of files with several threads. */
export type ThreadAction =
  | { readonly op: ThreadOp; readonly on: Mention }
  | {
      readonly op:
        | 'bql_lock'
        | 'bql_unlock'
        | 'wait_kick'
        | 'halt'
        | 'pause_all_vcpus'
        | 'resume_all_vcpus'
        | 'vm_stop'
        | 'vm_start'
        | 'start_exclusive'
        | 'end_exclusive';
    }
  | { readonly op: 'await_words'; readonly words: Condition }
  | { readonly op: 'put' | 'add'; readonly on: Mention; readonly value: number }
  | { readonly op: 'compute'; readonly ns: number }
  | { readonly op: 'co_schedule_in'; readonly on: Mention; readonly context: Mention }
  | {
      readonly op: 'wait_while';
      /** Its name `none` stands for NULL. */
      readonly context: Mention;
      readonly while: Condition;
      readonly unlocked: boolean;
      /** Done each time that the condition is evaluated. */
      readonly each: readonly Action[];
    }
  | {
      readonly op: 'run_on_cpu' | 'async_run_on_cpu' | 'async_safe_run_on_cpu';
      readonly on: Mention;
      readonly do: readonly Action[];
    };

/** The parameters of main's own context, as of QEMU's main-loop object. */
export interface MainLoopParams {
  readonly aioMaxBatch: number;
  readonly threadPoolMin: number;
  readonly threadPoolMax: number;
}

const THREAD_OPS: ReadonlySet<string> = new Set<ThreadAction['op']>([
  ...THREAD_ACTIONS,
  'bql_lock',
  'bql_unlock',
  'wait_kick',
  'halt',
  'pause_all_vcpus',
  'resume_all_vcpus',
  'vm_stop',
  'vm_start',
  'start_exclusive',
  'end_exclusive',
  'await_words',
  'put',
  'add',
  'compute',
  'co_schedule_in',
  'wait_while',
  'run_on_cpu',
  'async_run_on_cpu',
  'async_safe_run_on_cpu',
]);

/** Whether an action makes sense only in files with several threads. */
export function isThreadAction(
  action: Action,
): action is Extract<Action, { op: ThreadAction['op'] }> {
  return THREAD_OPS.has(action.op);
}
