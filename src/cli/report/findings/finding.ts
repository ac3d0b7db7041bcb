/** A place on the timeline where something can be seen. */
export interface Place {
  readonly text: string;
  /** The event to look at, or a death: see deathNode. */
  readonly node: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** Something about a run that deserves a look, with its evidence. */
export interface Finding {
  /** Whether something is wrong, looks wrong, or is only good to know. */
  readonly severity: 'bad' | 'warn' | 'info';
  readonly title: string;
  readonly text: string;
  /** Some of the places, the worst first. */
  readonly places: readonly Place[];
  /** Number of all places. */
  readonly total: number;
}

/** One kind of problem that was looked for. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly findings: readonly Finding[];
  /** The text shown if there is no finding. */
  readonly none: string;
}

const MOST_PLACES = 12;

/** Makes a finding with no more places than a reader can use. */
export function finding(
  severity: Finding['severity'],
  title: string,
  text: string,
  places: readonly Place[],
): Finding {
  return { severity, title, text, places: places.slice(0, MOST_PLACES), total: places.length };
}

/** Groups things by a name, in order of first appearance. */
export function groupBy<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
