/**
 * QEMU 7.2's C loop, recorded once on another 2-core machine, ns for one operation. The only
 * figures written by hand.
 */
export const RECORDED = {
  bh: 67,
  'bh-oneshot': 68,
  'bh-1000': 24,
  'bh-mlw': 1_520,
  notifier: 1_050,
  'notifier-mlw': 2_370,
  pipe: 1_180,
  nothing: 830,
  'idle-mlw-1000': 197_000,
  'idle-aio-5000': 1_120,
  'timer-rearm-10000': 30_800,
  'timer-run-10000': 17,
  'co-create': 70,
  'co-yield': 61,
  getppid: 134,
  'children-1': 1e9 / 1_580,
  'children-100': 1e9 / 2_890,
} as const;

/** The row that shows the price of the boundary. */
export const SYSTEM_CALL = 'one system call (getppid)';

/** Plain C on that machine, to compare the two machines. */
export const REFERENCE = [
  { row: 'getppid', work: SYSTEM_CALL, count: 200_000, referenceNs: 134 },
  { row: 'notifier', work: 'eventfd write, ppoll, read', count: 50_000, referenceNs: 750 },
] as const;
