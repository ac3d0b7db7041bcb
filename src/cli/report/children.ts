import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD } from '../../host/constants.ts';
import type { TraceRecord } from '../../trace/read.ts';
import { isCallback, type Slices } from './slices.ts';

/** A child as the trace shows it. Events are given by index, -1 for none. */
export interface Child {
  /** Index among the children. */
  readonly index: number;
  readonly pid: number;
  readonly name: string;
  command: string;
  spawn: number;
  /** Time of death, as exactly as the trace knows it; null if it does not. */
  deathNs: number | null;
  /** Whether the death may have been later. */
  deathIsBound: boolean;
  /** The SIGCHLD record of this child; -1 if it was merged with another child's. */
  record: number;
  /** The SIGCHLD record that led to the reap: its own, or the one that it was merged with. */
  announcedBy: number;
  /** The call of the bottom half that reaped it. */
  reaper: number;
  reap: number;
  code: number;
  status: number;
  /** CPU time in user mode, ns; stimeNs is kernel mode. */
  utimeNs: number;
  stimeNs: number;
  latencyNs: number;
}

/** Finds all children that the trace shows starting or being reaped, in that order. */
export function findChildren(events: readonly TraceRecord[], slices: Slices): Child[] {
  const children: Child[] = [];
  const living = new Map<number, Child>();
  const records = new Map<number, number>();
  let lastRecord = -1;
  events.forEach((event, i) => {
    const pid = Number(event.args.pid);
    switch (event.name) {
      case 'child_spawn': {
        const child = newChild(children.length, pid, String(event.args.name));
        child.command = String(event.args.command);
        child.spawn = i;
        children.push(child);
        living.set(pid, child);
        records.delete(pid);
        return;
      }
      case 'signalfd_record':
        if (event.args.signo !== SIGCHLD) return;
        lastRecord = i;
        if (isEnd(Number(event.args.code))) records.set(pid, i);
        return;
      case 'child_reap': {
        let child = living.get(pid);
        if (child === undefined) {
          child = newChild(children.length, pid, String(event.args.name));
          children.push(child);
        }
        living.delete(pid);
        child.record = records.get(pid) ?? -1;
        records.delete(pid);
        child.announcedBy = child.record >= 0 ? child.record : lastRecord;
        child.reaper = callerOf(i, slices);
        reaped(child, event, i, child.spawn >= 0 ? events[child.spawn]!.timeNs : null);
        return;
      }
      default:
    }
  });
  for (const [pid, record] of records) {
    const child = living.get(pid);
    if (child !== undefined) diedOnly(child, events[record]!, record);
  }
  return children;
}

function newChild(index: number, pid: number, name: string): Child {
  return {
    index,
    pid,
    name,
    command: '',
    spawn: -1,
    deathNs: null,
    deathIsBound: false,
    record: -1,
    announcedBy: -1,
    reaper: -1,
    reap: -1,
    code: 0,
    status: 0,
    utimeNs: 0,
    stimeNs: 0,
    latencyNs: 0,
  };
}

function isEnd(code: number): boolean {
  return code > 0 && code !== CLD_STOPPED && code !== CLD_CONTINUED;
}

function reaped(
  child: Child,
  { args, timeNs }: TraceRecord,
  i: number,
  bornNs: number | null,
): void {
  const latencyNs = Number(args.latency);
  child.reap = i;
  child.code = Number(args.code);
  child.status = Number(args.status);
  child.utimeNs = Number(args.utime);
  child.stimeNs = Number(args.stime);
  child.deathNs = Math.max(timeNs - latencyNs, bornNs ?? 0);
  child.latencyNs = timeNs - child.deathNs;
  // A merged SIGCHLD does not tell when its child died.
  child.deathIsBound = args.bound === 1 || child.record < 0;
}

/** Fills in a child that is known to have died, but was never reaped. */
function diedOnly(child: Child, { args, timeNs }: TraceRecord, record: number): void {
  child.record = record;
  child.announcedBy = record;
  child.code = Number(args.code);
  child.status = Number(args.status);
  child.deathNs = timeNs;
}

function callerOf(event: number, { slices, around }: Slices): number {
  let at = around[event]!;
  while (at >= 0 && !isCallback(slices[at]!.kind)) at = slices[at]!.parent;
  return at < 0 ? -1 : slices[at]!.begin;
}
