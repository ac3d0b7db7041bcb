import { formatDuration } from '../../text/units.ts';
import { KIND_NAMES } from '../findings/slow.ts';
import type { CallbackRow, PhaseRow } from '../statistics.ts';
import { button, el, section } from './dom.ts';
import type { View } from './view.ts';

/** A column: its heading, its sort key, and a function that makes a cell. */
interface Column<T> {
  readonly head: string;
  readonly of: (row: T) => number | string;
  readonly cell?: (row: T) => Node | string;
}

/** Time per phase. */
export function phasesView({ model }: View): HTMLElement {
  const { phases } = model.statistics;
  const all = phases.reduce((sum, { totalNs }) => sum + totalNs, 0);
  const ns = (head: string, of: (row: PhaseRow) => number): Column<PhaseRow> => ({
    head,
    of,
    cell: (row) => formatDuration(of(row)),
  });
  const share = (row: PhaseRow): number => (all > 0 ? row.totalNs / all : 0);
  return section(
    'phases',
    'Time per phase',
    table(phases, [
      { head: 'phase', of: ({ name }) => name },
      { head: 'times', of: ({ count }) => count },
      ns('total', ({ totalNs }) => totalNs),
      {
        head: 'share',
        of: share,
        cell: (row) => bars([[row.name === 'poll' ? 'idle' : 'busy', share(row)]]),
      },
      ns('median', ({ medianNs }) => medianNs),
      ns('99 %', ({ p99Ns }) => p99Ns),
      ns('longest', ({ maxNs }) => maxNs),
    ]),
  );
}

/** Busy, scheduled and idle time per handler and bottom half. */
export function callbacksView(view: View): HTMLElement {
  const { statistics, slices, around, threads } = view.model;
  const ns = (head: string, of: (row: CallbackRow) => number): Column<CallbackRow> => ({
    head,
    of,
    cell: (row) => formatDuration(of(row)),
  });
  const longest = (row: CallbackRow): HTMLElement => {
    const { startNs, endNs } = slices[around[row.longest]!]!;
    const show = (): void => view.show(row.longest, startNs, endNs);
    return button(formatDuration(row.maxNs), show, { class: 'link' });
  };
  const span = Math.max(1, statistics.spanNs);
  return section(
    'callbacks',
    'Handlers and bottom halves',
    el(
      'p',
      { class: 'legend' },
      ...(['busy', 'scheduled', 'idle'] as const).map((name) => el('span', { class: name }, name)),
    ),
    table(statistics.callbacks, [
      ...(threads.length === 1
        ? []
        : [{ head: 'thread', of: ({ thread }: CallbackRow) => threads[thread]!.name }]),
      { head: 'kind', of: ({ kind }) => KIND_NAMES[kind] },
      { head: 'name', of: ({ name }) => name },
      { head: 'calls', of: ({ calls }) => calls },
      ns('busy', ({ busyNs }) => busyNs),
      ns('scheduled', ({ scheduledNs }) => scheduledNs),
      ns('idle', ({ idleNs }) => idleNs),
      {
        head: 'share',
        of: ({ busyNs }) => busyNs,
        cell: ({ busyNs, scheduledNs }) =>
          bars([
            ['busy', busyNs / span],
            ['scheduled', scheduledNs / span],
          ]),
      },
      { head: 'longest', of: ({ maxNs }) => maxNs, cell: longest },
    ]),
  );
}

/** Bars for shares of the run. */
export function bars(parts: readonly (readonly [name: string, share: number])[]): HTMLElement {
  const made = parts.map(([name, share]) => {
    const bar = el('i', { class: name });
    bar.style.width = `${Math.min(100, share * 100)}%`;
    return bar;
  });
  const percent = ((parts[0]?.[1] ?? 0) * 100).toFixed(1);
  return el('span', { class: 'bars', title: `${percent} %` }, ...made);
}

/** A table that is sorted by a click on a heading. */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[]): HTMLElement {
  const body = el('tbody');
  const fill = (sorted: readonly T[]): void => {
    body.replaceChildren(...sorted.map((row) => rowView(row, columns)));
  };
  const heads = columns.map((column) => {
    const head = el('th');
    head.append(button(column.head, () => sort(column, head), { label: `sort by ${column.head}` }));
    return head;
  });
  const sort = (column: Column<T>, head: HTMLElement): void => {
    const down = head.getAttribute('aria-sort') !== 'descending';
    for (const other of heads) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const sorted = [...rows].sort((a, b) => compare(column.of(b), column.of(a)));
    fill(down ? sorted : sorted.reverse());
  };
  fill(rows);
  const made = el('table', {}, el('thead', {}, el('tr', {}, ...heads)), body);
  return el('div', { class: 'scroll' }, made);
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(b).localeCompare(String(a));
}

function rowView<T>(row: T, columns: readonly Column<T>[]): HTMLElement {
  const cells = columns.map(({ of, cell }) => {
    const value = of(row);
    const made = el('td', {}, cell?.(row) ?? String(value));
    if (typeof value === 'number') made.className = 'number';
    return made;
  });
  return el('tr', {}, ...cells);
}
