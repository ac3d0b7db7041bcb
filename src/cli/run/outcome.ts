import { type DiffLine, diffEntries } from '../../scenario/run/diff.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import { shellWord } from '../text/style.ts';

/** A run, or a pair of runs of the same file on both hosts. */
export interface Outcome {
  readonly file: string;
  readonly name: string;
  /** Which seed and which repetition it is; null where there is one only. */
  readonly seed: number | null;
  readonly run: number | null;
  /** One result for each host, the simulated one first; where one refuses the file, of those alone that do. */
  readonly results: readonly RunResult[];
  /** Where two hosts disagree: the simulated order log against the real one. */
  readonly difference: readonly DiffLine[] | null;
  /** 0 passed, 1 failed, 2 cannot be run, 3 the emulator failed. */
  readonly status: number;
  /** The command that runs it again; null where every host would refuse it again. */
  readonly command: string | null;
  /** Real time that it took, ms. */
  readonly wallMs: number;
}

/** What was asked for and is no scenario: a file with problems, or one that is not there. */
export interface Unread {
  readonly file: string;
  readonly status: 2;
  /** Each with its place, as stderr has it. */
  readonly messages: readonly string[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  /** How many could not be read. */
  readonly errors: number;
  readonly wallMs: number;
}

/** Tells people or programs how runs came out. */
export interface Reporter {
  /** @param total how many there will be, of outcomes and of what could not be read */
  begin(total: number): void;
  unread(one: Unread): void;
  /** One has begun; for progress. */
  running?(file: string): void;
  outcome(outcome: Outcome): void;
  end(totals: Totals): void;
}

export type Write = (text: string) => void;

/** What was asked for. */
export interface AskedOutcome {
  /** In place of the file's; null: the file's. */
  readonly seed: number | null;
  /** Whether there are other seeds. */
  readonly isOneOfSeeds: boolean;
  /** Which repetition it is; null where there is one only. */
  readonly run: number | null;
  /** Whether the order is the same on every host. */
  readonly isCompared: boolean;
  /** What else the command that runs it again has to say. */
  readonly options: string;
}

/** Puts the runs of one file together. */
export function outcomeOf(
  results: readonly RunResult[],
  asked: AskedOutcome,
  wallMs: number,
): Outcome {
  const { seed, run } = asked;
  const [first, second] = results as [RunResult, RunResult | undefined];
  const difference = second === undefined || !asked.isCompared ? null : differenceOf(first, second);
  const needs = results.find((result) => result.needs !== null)?.needs ?? null;
  const worst = Math.max(...results.map((result) => result.status));
  const host = needs ?? (second === undefined ? first.host : 'both');
  const withSeed = seed === null ? '' : ` --seed ${seed}`;
  return {
    file: first.file,
    name: first.name,
    seed: asked.isOneOfSeeds ? seed : null,
    run,
    results,
    difference,
    status: difference !== null && worst === 0 ? 1 : worst,
    command:
      worst === 2 && needs === null
        ? null
        : `qemu-loop run ${shellWord(first.file)} --host ${host}${withSeed}${asked.options}`,
    wallMs,
  };
}

function differenceOf(sim: RunResult, linux: RunResult): DiffLine[] | null {
  const texts = sim.order.map((entry) => entry.text);
  const same =
    texts.length === linux.order.length && linux.order.every((e, i) => e.text === texts[i]);
  return same ? null : diffEntries(texts, linux.order);
}
