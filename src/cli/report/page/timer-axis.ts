import { formatDuration } from '../../text/units.ts';
import type { TimerFrame } from '../frame.ts';
import { el } from './dom.ts';

/** The armed timers on an axis from now on. A square root leaves room for those that are near. */
export function timerAxis(
  timers: readonly TimerFrame[],
  link: (name: string, text: string) => HTMLElement,
): HTMLElement {
  if (timers.length === 0) return el('span', {}, 'none is armed');
  const longest = Math.max(1, ...timers.map(({ inNs }) => inNs ?? 0));
  const rows = timers.map(({ name, list, inNs }) => {
    if (inNs === null) return el('li', {}, link(name, name), ` armed, ${list}`);
    const due = inNs <= 0 ? 'due' : `in ${formatDuration(inNs)}`;
    const mark = el('i', { class: inNs <= 0 ? 'mark due' : 'mark' });
    mark.style.left = `${(98 * Math.sqrt(Math.max(0, inNs) / longest)).toFixed(1)}%`;
    return el('li', {}, link(name, name), ` ${due}, ${list}`, el('span', { class: 'axis' }, mark));
  });
  return el('ul', {}, ...rows);
}
