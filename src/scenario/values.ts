/** The scalars of the language: durations, comparisons and seeds. */

/** The simulated host seeds its random numbers with 32 bits. */
export const MAX_SEED = 2 ** 32 - 1;

/** Whether a text is a seed. */
export function isSeed(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) <= MAX_SEED;
}

const NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };

export const DURATION = /^\d+(\.\d+)?(ns|us|ms|s)$/;
export const SIGNED_DURATION = /^-?\d+(\.\d+)?(ns|us|ms|s)$/;

/** The ns of a text that matches SIGNED_DURATION. */
export function durationNs(text: string): number {
  const isOneLetter = text.charCodeAt(text.length - 2) <= DIGIT_9;
  const end = text.length - (isOneLetter ? 1 : 2);
  return Math.round(Number(text.slice(0, end)) * NS[text.slice(end)]!);
}

const DIGIT_9 = 57;

/** A duration to the ns, in the largest unit of which it is at least one: `20.032763ms`. */
export function durationText(ns: number): string {
  for (const unit of ['s', 'ms', 'us']) {
    const of = NS[unit]!;
    if (Math.abs(ns) >= of) return `${Number((ns / of).toFixed(Math.log10(of)))}${unit}`;
  }
  return `${Math.round(ns)}ns`;
}

export type Operator = '<' | '<=' | '>' | '>=' | '=';

/** One bound of a comparison. */
export interface Bound {
  readonly operator: Operator;
  /** ns, or a count; null stands for `none`. */
  readonly value: number | null;
  /**
   * The unit of the last digit written, ns: `5ms` is exact to 1 ms. 0 for a bare `0`, which is
   * exact.
   */
  readonly precision: number;
  readonly text: string;
}

/** Bounds that must all hold. */
export type Comparison = readonly Bound[];

const OPERATOR = /^\s*(<=|>=|<|>)?\s*/;

/** Reads a bound whose value is a duration, `0` or `none`. */
export function durationBound(text: string): Bound {
  const { operator, rest } = split(text);
  if (rest === 'none') return { operator, value: null, precision: 1, text };
  if (rest === '0') return { operator, value: 0, precision: 0, text };
  const decimals = /\.(\d+)/.exec(rest)?.[1]?.length ?? 0;
  const unit = NS[/[a-z]+$/.exec(rest)![0]]!;
  return {
    operator,
    value: durationNs(rest),
    precision: Math.max(1, unit / 10 ** decimals),
    text,
  };
}

/** Reads a bound whose value is a whole number. */
export function numberBound(text: string): Bound {
  const { operator, rest } = split(text);
  return { operator, value: Number(rest), precision: 1, text };
}

function split(text: string): { operator: Operator; rest: string } {
  const match = OPERATOR.exec(text)!;
  return { operator: (match[1] ?? '=') as Operator, rest: text.slice(match[0].length).trim() };
}

/** The tolerance of a comparison, ns. */
export interface Slack {
  /** How far a value may exceed an upper bound or an equal value. */
  readonly above: number;
  /** How far a value may fall below an equal value. */
  readonly below: number;
}

export const EXACT: Slack = { above: 0, below: 0 };

/** Whether a value lies within all bounds. null stands for `none`. */
export function holdsAll(is: Comparison, actual: number | null, slack: Slack = EXACT): boolean {
  return is.every((bound) => holds(bound, actual, slack));
}

/** An equal value is compared to its last digit: `5ms` holds up to just below 6 ms. */
function holds(bound: Bound, actual: number | null, slack: Slack): boolean {
  const { operator, value, precision } = bound;
  if (value === null || actual === null) return operator === '=' && value === actual;
  switch (operator) {
    case '<':
      return actual < value + slack.above;
    case '<=':
      return actual <= value + slack.above;
    case '>':
      return actual > value;
    case '>=':
      return actual >= value;
    case '=':
      if (precision === 0) return actual === value;
      return (
        actual >= value - slack.below && actual <= value + Math.max(slack.above, precision - 1)
      );
  }
}

export function comparisonText(comparison: Comparison): string {
  return comparison.map((bound) => bound.text).join(' and ');
}
