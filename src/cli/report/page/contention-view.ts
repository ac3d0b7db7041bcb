import { formatDuration } from '../../text/units.ts';
import { type BigLock, type ContentionRow, contention, lengthNs } from '../big-lock.ts';
import { behindText } from '../contention-text.ts';
import { threadName } from '../findings/names.ts';
import { button, el, section } from './dom.ts';
import { bars, table } from './tables.ts';
import type { View } from './view.ts';

/** The table of the waits for the BQL, and whom they were behind. Null if nobody took it. */
export function contentionView(view: View): HTMLElement | null {
  return lockTable(view, view.model.bql, 'contention', 'The BQL', 'held');
}

/** The same of the waits to run alone, and to begin a program. Null if there were none. */
export function exclusiveView(view: View): HTMLElement | null {
  return lockTable(view, view.model.exclusive, 'exclusive', 'vCPUs that run alone', 'alone');
}

/** @param held the head of the time that a thread had it */
function lockTable(
  view: View,
  lock: BigLock,
  id: string,
  title: string,
  held: string,
): HTMLElement | null {
  const { model } = view;
  const rows = contention(lock);
  if (rows.length === 0 || model.threads.length === 1) return null;
  const span = Math.max(1, model.endNs - model.startNs);
  const longest = ({ longest: wait }: ContentionRow): HTMLElement | string => {
    if (wait === null) return '–';
    const show = (): void => view.show(wait.begin, wait.startNs, wait.endNs);
    return button(formatDuration(lengthNs(wait)), show, { class: 'link' });
  };
  return section(
    id,
    title,
    el(
      'p',
      { class: 'legend' },
      el('span', { class: 'waited' }, 'waited'),
      el('span', { class: 'held' }, held),
    ),
    table(rows, [
      { head: 'thread', of: ({ thread }) => threadName(model, thread) },
      { head: id === 'exclusive' ? 'times' : 'locks', of: ({ locks }) => locks },
      { head: 'waits', of: ({ waits }) => waits },
      {
        head: 'waited',
        of: ({ waitedNs }) => waitedNs,
        cell: (row) => formatDuration(row.waitedNs),
      },
      {
        head: 'longest',
        of: ({ longest: wait }) => (wait === null ? 0 : lengthNs(wait)),
        cell: longest,
      },
      { head: 'behind', of: (row) => behindText(model, row) || '–' },
      { head: held, of: ({ heldNs }) => heldNs, cell: (row) => formatDuration(row.heldNs) },
      {
        head: 'share',
        of: ({ waitedNs }) => waitedNs,
        cell: ({ waitedNs, heldNs }) =>
          bars([
            ['waited', waitedNs / span],
            ['held', heldNs / span],
          ]),
      },
    ]),
  );
}
