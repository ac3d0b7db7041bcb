/** The page that shows two runs beside each other, with their differences marked. */

import { diffTraces, SAME } from '../diff/compare.ts';
import { shortcomings, verdict } from '../diff/diff-words.ts';
import { buildModel, type Model } from '../model.ts';
import { type DiffData, unpackTrace } from '../pack.ts';
import { DiffRows } from './diff-rows.ts';
import { button, el, section } from './dom.ts';
import { themeSwitch } from './theme.ts';
import { Timeline } from './timeline.ts';

const NAMES = ['A', 'B'] as const;
const SIDE_NS = 500_000;

/** Fills the page. */
export function showDiff(data: DiffData): void {
  const sides = data.sides.map(({ title, trace }) => ({ title, trace: unpackTrace(trace) }));
  const models = sides.map(({ trace }): Model => buildModel(trace, { slowNs: 0 }));
  const diff = diffTraces(sides[0]!.trace, sides[1]!.trace, { exact: data.exact });
  const places = [diff.a, diff.b] as const;
  const rowOf = places.map((events, side) => {
    const rows = new Int32Array(models[side]!.events.length);
    events.forEach((event, row) => {
      if (event >= 0) rows[event] = row;
    });
    return rows;
  });
  const go = (row: number): void => {
    rows.show(row);
    timelines.forEach((timeline, side) => {
      const event = nearestEvent(places[side]!, row);
      timeline.light(places[side]![row]!);
      timeline.showAround(event, SIDE_NS);
    });
  };
  const timelines = models.map(
    (model, side) =>
      new Timeline(
        model,
        (node) => {
          const row = node < model.events.length ? rowOf[side]![node] : undefined;
          if (row !== undefined) go(row);
        },
        'steps',
      ),
  );
  const rows = new DiffRows(diff, models, go);
  const step = (by: 1 | -1): void => {
    const next = rows.nextDifference(by);
    if (next >= 0) go(next);
  };
  document.body.append(
    el(
      'header',
      {},
      el(
        'div',
        {},
        el('h1', {}, 'qemu-loop report: two runs'),
        ...sides.map(({ title }, i) => el('p', { class: 'source' }, `${NAMES[i]}: ${title}`)),
      ),
      themeSwitch(() => {
        for (const timeline of timelines) timeline.recolor();
      }),
    ),
    el(
      'main',
      {},
      el(
        'p',
        { class: diff.first < 0 ? 'good verdict' : 'verdict', id: 'verdict', role: 'status' },
        verdict(diff, sides),
      ),
      ...shortcomings(sides).map((note) => el('p', { class: 'faint' }, note)),
      section(
        'events',
        'Events',
        el(
          'div',
          { class: 'tools' },
          button('first difference', () => go(diff.first), { id: 'first' }),
          button('‹', () => step(-1), { label: 'the difference before' }),
          button('›', () => step(1), { label: 'the next difference' }),
          rows.filter,
        ),
        rows.element,
      ),
      ...timelines.map((timeline, side) =>
        section(
          `timeline-${NAMES[side]!.toLowerCase()}`,
          `Timeline of ${NAMES[side]}`,
          el('div', { class: 'tools' }, timeline.buttons()),
          timeline.element,
        ),
      ),
    ),
  );
  timelines.forEach((timeline, side) => {
    timeline.mark(differing(places[side]!, diff.kinds));
  });
  if (diff.first < 0) {
    for (const made of document.querySelectorAll<HTMLButtonElement>('#events .tools button')) {
      made.disabled = true;
    }
    rows.show(0);
  } else {
    // A canvas has its width after the first layout, and zooms by it.
    requestAnimationFrame(() => go(diff.first));
  }
  document.addEventListener('keydown', (event) => {
    if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey) return;
    if (event.key === 'n') step(1);
    else if (event.key === 'p') step(-1);
  });
}

/** The event of a row, or of the row before it that has one. */
function nearestEvent(events: readonly number[], row: number): number {
  for (let at = row; at >= 0; at--) if (events[at]! >= 0) return events[at]!;
  return 0;
}

/** The events of a run that the other has not, or has otherwise. */
function differing(events: readonly number[], kinds: Uint8Array): number[] {
  return events.filter((event, row) => event >= 0 && kinds[row]! !== SAME);
}
