/** The arguments of the last call of the frequent ones: to compare them is cheaper than to write. */

export interface Frequent {
  clock: number;
  readonly poll: { nfds: number; timeoutNs: number; sum: number };
  readonly wait: { epfd: number; max: number; timeoutNs: number };
  readonly read: { fd: number; offset: number; count: number };
  readonly write: { fd: number; offset: number; count: number; sum: number };
}

/** Those of no call yet: they equal no others. */
export function newFrequent(): Frequent {
  return {
    clock: Number.NaN,
    poll: { nfds: -1, timeoutNs: Number.NaN, sum: -1 },
    wait: { epfd: Number.NaN, max: -1, timeoutNs: Number.NaN },
    read: { fd: Number.NaN, offset: -1, count: -1 },
    write: { fd: Number.NaN, offset: -1, count: -1, sum: -1 },
  };
}

export function isSameWait(
  last: Frequent['wait'],
  epfd: number,
  max: number,
  timeoutNs: number,
): boolean {
  return epfd === last.epfd && max === last.max && timeoutNs === last.timeoutNs;
}
