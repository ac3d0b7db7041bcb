/** A piece as it is shown: what the buggy one did, and the mended one. */

import type { Found } from '../../explore/finder.ts';
import { PROGRAMS } from '../../explore/programs/all.ts';
import type { Host } from '../../host/host.ts';
import { loadScenario } from '../../scenario/load.ts';
import { formatProblem } from '../../scenario/problem.ts';
import { search } from '../explore/explore-command.ts';
import { runWeak } from '../weak/run-weak.ts';
import type { Weakness } from '../weak/weaknesses.ts';
import type { Piece, PieceScenario } from './pieces.ts';

/** A run of a scenario. */
export interface Shown {
  readonly file: string;
  readonly weaknesses: readonly Weakness[];
  /** The order log, with ns since the start. */
  readonly order: readonly { readonly text: string; readonly timeNs: number }[];
  /** The error that ended the run; null if none did. */
  readonly abort: string | null;
  /** Why the run is not as its file expects; none if it is. */
  readonly failures: readonly string[];
}

export type Exhibit =
  | { readonly kind: 'scenarios'; readonly buggy: Shown; readonly mended: Shown }
  | { readonly kind: 'program'; readonly buggy: Found; readonly mended: Found };

const MOST_BYTES = 2 ** 30;

/**
 * Runs both of a piece. Returns null after Ctrl-C: half a search is no exhibit.
 * @param own the process's own host, for Ctrl-C and progress
 */
export async function exhibit(own: Host | null, { id, shown }: Piece): Promise<Exhibit | null> {
  if (shown.kind === 'scenarios') {
    return { kind: 'scenarios', buggy: show(shown.buggy), mended: show(shown.mended) };
  }
  const program = PROGRAMS.find(({ name }) => name === shown.program);
  const weakening = program?.weakenings.find(({ name }) => name === shown.without);
  if (program === undefined || weakening === undefined) {
    throw new Error(`${id}: the explorer has no ${shown.program} --without ${shown.without}`);
  }
  const found = (without: string): Promise<Found> => {
    const asked = { without, mostBytes: MOST_BYTES, reduce: true, json: true };
    return search(own, asked, program, weakening.model);
  };
  const buggy = await found(shown.without);
  if (buggy.ended === 'interrupted') return null;
  const mended = await found('');
  return mended.ended === 'interrupted' ? null : { kind: 'program', buggy, mended };
}

/** Runs a scenario of a piece on its kernel. */
export function show({ file, text, weaknesses }: PieceScenario): Shown {
  const { scenario, problems } = loadScenario(text, file);
  if (scenario === null) throw new Error(problems.map(formatProblem).join('\n'));
  const { order, abort, failures } = runWeak(scenario, weaknesses);
  return {
    file,
    weaknesses,
    order: order.map((entry) => ({ text: entry.text, timeNs: entry.timeNs })),
    abort,
    failures: failures.map(({ message }) => message),
  };
}
