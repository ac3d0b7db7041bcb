import type { TraceRecord } from '../../trace/read.ts';
import { readyFds } from './links.ts';
import { isCallback, type Slices } from './slices.ts';

/** A poll of the kernel, and the callbacks between it and the next. */
export interface Poll {
  /** Indexes of poll_enter and poll_return. */
  readonly enter: number;
  readonly leave: number;
  /** The index of its thread. */
  readonly thread: number;
  readonly enterNs: number;
  readonly returnNs: number;
  /** Timeout, ns; -1 for none. */
  readonly timeoutNs: number;
  readonly ret: number;
  readonly ready: readonly number[];
  /** Slices of the callbacks called after the poll, the outermost only. */
  readonly called: number[];
}

/** A poll that took less than this counts as one that did not sleep. */
const AT_ONCE_NS = 100_000;

export function sleptNs({ enterNs, returnNs }: Poll): number {
  return returnNs - enterNs;
}

export function didSleep(poll: Poll): boolean {
  return poll.timeoutNs !== 0 && sleptNs(poll) >= AT_ONCE_NS;
}

/** Finds the polls that both begin and end within the trace. */
export function findPolls(events: readonly TraceRecord[], { slices }: Slices): Poll[] {
  const polls: Poll[] = [];
  const lastOf: (Poll | undefined)[] = [];
  slices.forEach((slice, i) => {
    if (slice.kind === 'poll' && slice.end >= 0 && events[slice.end]!.name === 'poll_return') {
      const { timeout } = events[slice.begin]!.args;
      const { ret, ready } = events[slice.end]!.args;
      const poll: Poll = {
        enter: slice.begin,
        leave: slice.end,
        thread: slice.thread,
        enterNs: slice.startNs,
        returnNs: slice.endNs,
        timeoutNs: Number(timeout),
        ret: Number(ret),
        ready: Number(ret) > 0 ? readyFds(ready) : [],
        called: [],
      };
      polls.push(poll);
      lastOf[slice.thread] = poll;
    } else if (isCallback(slice.kind)) {
      const { parent } = slice;
      const isInner = parent >= 0 && isCallback(slices[parent]!.kind);
      if (!isInner) lastOf[slice.thread]?.called.push(i);
    }
  });
  return polls;
}

/** The polls of each thread. */
export function byThread(polls: readonly Poll[]): Poll[][] {
  const lists: Poll[][] = [];
  for (const poll of polls) {
    lists[poll.thread] ??= [];
    lists[poll.thread]!.push(poll);
  }
  return lists.filter((list) => list !== undefined);
}

/** Names of the fds, from the handlers set or called for them; the last one counts. */
export function fdNames(events: readonly TraceRecord[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const { name, args } of events) {
    if (name === 'aio_set_fd_handler' || name === 'fd_handler_begin') {
      names.set(Number(args.fd), String(args.name));
    }
  }
  return names;
}
