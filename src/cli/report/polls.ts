import type { TraceRecord } from '../../trace/read.ts';
import { readyFds } from './links.ts';
import { isCallback, type Slices } from './slices.ts';

/** A poll of the kernel, and what was called between it and the next. */
export interface Poll {
  /** Places of poll_enter and poll_return. */
  readonly enter: number;
  readonly leave: number;
  readonly enterNs: number;
  readonly returnNs: number;
  /** -1 without end. */
  readonly timeoutNs: number;
  readonly ret: number;
  readonly ready: readonly number[];
  /** Slices of the callbacks that were called then, outermost only. */
  readonly called: number[];
}

/** A poll that returned as soon as this is taken for one that did not sleep. */
const AT_ONCE_NS = 100_000;

export function sleptNs({ enterNs, returnNs }: Poll): number {
  return returnNs - enterNs;
}

export function didSleep(poll: Poll): boolean {
  return poll.timeoutNs !== 0 && sleptNs(poll) >= AT_ONCE_NS;
}

/** The polls of a trace that both begin and end in it. */
export function findPolls(events: readonly TraceRecord[], { slices }: Slices): Poll[] {
  const polls: Poll[] = [];
  slices.forEach((slice, i) => {
    if (slice.kind === 'poll' && slice.end >= 0 && events[slice.end]!.name === 'poll_return') {
      const { timeout } = events[slice.begin]!.args;
      const { ret, ready } = events[slice.end]!.args;
      polls.push({
        enter: slice.begin,
        leave: slice.end,
        enterNs: slice.startNs,
        returnNs: slice.endNs,
        timeoutNs: Number(timeout),
        ret: Number(ret),
        ready: Number(ret) > 0 ? readyFds(ready) : [],
        called: [],
      });
    } else if (isCallback(slice.kind)) {
      const { parent } = slice;
      const isInner = parent >= 0 && isCallback(slices[parent]!.kind);
      if (!isInner) polls.at(-1)?.called.push(i);
    }
  });
  return polls;
}

/** What fds are called: by the handlers that were set or called for them, the last counts. */
export function fdNames(events: readonly TraceRecord[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const { name, args } of events) {
    if (name === 'aio_set_fd_handler' || name === 'fd_handler_begin') {
      names.set(Number(args.fd), String(args.name));
    }
  }
  return names;
}
