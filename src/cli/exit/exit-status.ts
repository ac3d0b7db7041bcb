import { CLD_DUMPED, CLD_EXITED } from '../../host/constants.ts';
import { signalName } from '../../signal/names.ts';

/** How a child ended, as far as its exit status is concerned. */
export interface End {
  /** CLD_EXITED, CLD_KILLED, CLD_DUMPED. */
  readonly code: number;
  /** Exit status, or the signal. */
  readonly status: number;
}

/** The status that a shell reports: the child's own, or 128+n for signal n. */
export function shellStatus(end: End): number {
  return end.code === CLD_EXITED ? end.status : 128 + end.status;
}

/** An end as text: `exit 3`, `SIGKILL`, `SIGABRT (core dumped)`. */
export function endText(code: number, status: number): string {
  if (code === CLD_EXITED) return `exit ${status}`;
  return signalName(status) + (code === CLD_DUMPED ? ' (core dumped)' : '');
}

/** The command's exit status. */
export interface Verdict {
  readonly status: number;
  /** The index of the child that caused it; undefined if all went well. */
  readonly child: number | undefined;
}

/**
 * @param statuses the statuses of all children, in order of --spawn
 * @param ended the indexes of the children, in the order they ended
 * @param okExit the statuses that count as 0
 */
export function verdict(
  statuses: readonly number[],
  ended: readonly number[],
  success: 'first' | 'last' | 'all',
  okExit: ReadonlySet<number>,
): Verdict {
  const of = (child: number): number => {
    const status = statuses[child]!;
    return okExit.has(status) ? 0 : status;
  };
  const chosen =
    success === 'all'
      ? statuses.findIndex((_, child) => of(child) !== 0)
      : success === 'first'
        ? ended[0]!
        : ended.at(-1)!;
  if (chosen < 0) return { status: 0, child: undefined };
  return { status: of(chosen), child: of(chosen) === 0 ? undefined : chosen };
}
