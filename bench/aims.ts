import { type BenchRun, middle, type Result, ratioTo, type Side } from './result.ts';
import { shownRatio } from './table.ts';

/** An aim of the project, and the result. */
export interface Aim {
  readonly aim: string;
  readonly cameOut: string;
  readonly met: boolean;
}

/** The most time that ours may take, as a share of another side's. */
interface Limit {
  readonly section: string;
  readonly row: string;
  readonly side: Side | 'recorded';
  readonly most: number;
  readonly aim: string;
  /** Shown as a rate; more is better. */
  readonly asRate?: boolean;
}

const LIMITS: readonly Limit[] = [
  {
    section: 'core',
    row: 'main_loop_wait, 1,000 idle fds + 1 active',
    side: 'recorded',
    most: 0.02,
    aim: '1,000 idle fds: at most 0.02 of QEMU recorded',
  },
  {
    section: 'core',
    row: 'arming anew one of 10,000 timers',
    side: 'recorded',
    most: 0.02,
    aim: 'arming one of 10,000 timers: at most 0.02 of QEMU recorded',
  },
  {
    section: 'core',
    row: 'event notifier set, aio_poll, handler',
    side: 'c',
    most: 1.5,
    aim: 'event notifier: at most 1.5 of plain C',
  },
  {
    section: 'core',
    row: 'pipe byte, aio_poll, handler reads',
    side: 'c',
    most: 1.5,
    aim: 'pipe: at most 1.5 of plain C',
  },
  {
    section: 'children',
    row: 'children one after the other',
    side: 'c',
    most: 1 / 0.95,
    aim: 'children one after the other: at least 0.95 of plain C',
    asRate: true,
  },
  {
    section: 'children',
    row: '100 children at once',
    side: 'c',
    most: 1 / 0.95,
    aim: '100 children at once: at least 0.95 of plain C',
    asRate: true,
  },
  {
    section: 'children',
    row: '1,000 children at once',
    side: 'c',
    most: 1 / 0.95,
    aim: '1,000 children at once: at least 0.95 of plain C',
    asRate: true,
  },
  {
    section: 'children',
    row: 'children one after the other',
    side: 'node',
    most: 1 / 2,
    aim: 'children one after the other: at least 2 of child_process',
    asRate: true,
  },
  {
    section: 'startup',
    row: "start to the first child's first byte, against node -e 0",
    side: 'node',
    most: 1.3,
    aim: 'start-up: at most 1.3 of node -e 0',
  },
];

/** ns for one iteration, at a million a second. */
const SIMULATED_NS = 1e9 / 1e6;
const IDLE_GROWTH = 1.2;

/** All aims for which the run has figures. */
export function aimsOf(run: BenchRun): Aim[] {
  const aims = [noneSlower(run, 'recorded'), noneSlower(run, 'qemu')];
  for (const limit of LIMITS) aims.push(within(run, limit));
  aims.push(flat(run), simulated(run));
  return aims.filter((aim) => aim !== undefined);
}

/** The aims as lines for a terminal. */
export function aimsText(run: BenchRun): string {
  const lines = aimsOf(run).map(
    ({ aim, cameOut, met }) => `${met ? 'met   ' : 'MISSED'}  ${aim}: ${cameOut}`,
  );
  return lines.length === 0 ? '' : ['aims', ...lines].join('\n');
}

export function aimsMarkdown(run: BenchRun): string {
  const rows = aimsOf(run).map(
    ({ aim, cameOut, met }) => `| ${aim} | ${cameOut} | ${met ? 'yes' : 'no'} |`,
  );
  return ['| aim | came out | met |', '| --- | --- | --- |', ...rows].join('\n');
}

function rowsOf(run: BenchRun, section: string): readonly Result[] {
  return run.sections.find(({ name }) => name === section)?.results ?? [];
}

function within(run: BenchRun, { section, row, side, most, aim, asRate }: Limit): Aim | undefined {
  const result = rowsOf(run, section).find(({ name }) => name === row);
  const value = result === undefined ? undefined : ratioTo(result, side);
  if (value === undefined) return undefined;
  const asShown = (ratio: number): number => (asRate === true ? 1 / ratio : ratio);
  const met = value <= most;
  const cameOut = shownRatio(asShown(value));
  // One missed by less than is shown has one digit more.
  const isHidden = !met && cameOut === shownRatio(asShown(most));
  return { aim, cameOut: isHidden ? asShown(value).toFixed(3) : cameOut, met };
}

/**
 * No row may be slower than QEMU's. Children are compared with plain C instead, since QEMU
 * has no child watches.
 */
function noneSlower(run: BenchRun, side: 'recorded' | 'qemu'): Aim | undefined {
  const ratios = rowsOf(run, 'core')
    .map((result) => [result.name, ratioTo(result, side)] as const)
    .filter((one): one is readonly [string, number] => one[1] !== undefined);
  if (ratios.length === 0) return undefined;
  const slower = ratios.filter(([, value]) => value > 1);
  return {
    aim: `no row of core slower than QEMU ${side === 'qemu' ? 'here' : 'recorded'}`,
    cameOut:
      slower.length === 0
        ? 'none is'
        : slower.map(([name, value]) => `${name} ${shownRatio(value)}`).join('; '),
    met: slower.length === 0,
  };
}

/** The growth of main_loop_wait from 1 to 10,000 idle fds. */
function flat(run: BenchRun): Aim | undefined {
  const [one, many] = ['1', '10,000'].map((count) => {
    const name = `main_loop_wait, ${count} idle fds + 1 active`;
    const result = rowsOf(run, 'scale').find((row) => row.name === name);
    return result === undefined ? undefined : middle(result, 'ours');
  });
  if (one === undefined || many === undefined) return undefined;
  const aim = `main_loop_wait from 1 to 10,000 idle fds: at most ${IDLE_GROWTH} of itself`;
  return { aim, cameOut: shownRatio(many / one), met: many / one <= IDLE_GROWTH };
}

function simulated(run: BenchRun): Aim | undefined {
  const first = rowsOf(run, 'sim')[0];
  const ns = first === undefined ? undefined : middle(first, 'ours');
  if (ns === undefined) return undefined;
  const cameOut = `${(1e3 / ns).toFixed(1)} million`;
  return {
    aim: 'simulated: at least 1 million iterations a second',
    cameOut,
    met: ns <= SIMULATED_NS,
  };
}
