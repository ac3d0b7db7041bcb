/** Where on the timeline something can be seen. */
export interface Place {
  readonly text: string;
  /** The event to look at, or a death: see deathNode. */
  readonly node: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** Something about a run that deserves a look, with its evidence. */
export interface Finding {
  /** Whether something is wrong, looks wrong, or only is good to know. */
  readonly severity: 'bad' | 'warn' | 'info';
  readonly title: string;
  readonly text: string;
  /** Some of the places, the worst first. */
  readonly places: readonly Place[];
  /** How many there are of them. */
  readonly total: number;
}

/** One thing that was looked for. */
export interface Check {
  readonly id: string;
  readonly title: string;
  readonly findings: readonly Finding[];
  /** What is said where there is no finding. */
  readonly none: string;
}

const MOST_PLACES = 12;

/** A finding with as many of its places as a reader can use. */
export function finding(
  severity: Finding['severity'],
  title: string,
  text: string,
  places: readonly Place[],
): Finding {
  return { severity, title, text, places: places.slice(0, MOST_PLACES), total: places.length };
}

/** Things by a name of theirs, in order of their first. */
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
