import { formatDuration } from '../../text/units.ts';
import type { Child } from '../children.ts';
import { nodeNs } from '../facts.ts';
import { endOf, tellChild } from '../story.ts';
import { button, el, section } from './dom.ts';
import type { View } from './view.ts';

/** Number of children shown at first, and added by each "Show more". */
const PORTION = 30;

/** Tells the chain of every child in words. */
export function childrenView(view: View): HTMLElement {
  const { children } = view.model;
  if (children.length === 0) {
    return section('children', 'Children', el('p', { class: 'faint' }, 'The trace has none.'));
  }
  const list = el('div', { class: 'children' });
  const more = button('', () => add());
  const add = (): void => {
    const from = list.childElementCount;
    list.append(...children.slice(from, from + PORTION).map((child) => childView(child, view)));
    const left = children.length - list.childElementCount;
    more.textContent = `Show more (${left} left)`;
    more.hidden = left === 0;
  };
  add();
  return section('children', `Children (${children.length})`, list, more);
}

function childView(child: Child, view: View): HTMLElement {
  const { model } = view;
  const startNs = model.events[child.spawn]?.timeNs ?? child.deathNs ?? model.startNs;
  const endNs = model.events[child.reap]?.timeNs ?? model.endNs;
  const words = tellChild(model, child).map(({ text, node }) => {
    if (node === undefined) return text;
    const [from, to] = stretch(view, child, node);
    return button(text, () => view.show(node, from, to), { class: 'link' });
  });
  const node = child.reap >= 0 ? child.reap : child.spawn;
  const show = button('show', () => view.show(node, startNs, endNs), {
    label: `show ${child.name} on the timeline`,
  });
  const cpu = child.reap < 0 ? '' : `, CPU ${formatDuration(child.utimeNs + child.stimeNs)}`;
  return el(
    'article',
    { class: 'child' },
    el('h3', {}, `${child.name} `, el('span', { class: 'faint' }, `pid ${child.pid}`), show),
    ...(child.command === '' ? [] : [el('pre', {}, child.command)]),
    el('p', {}, el('b', {}, `${endOf(child) ?? 'not reaped'}${cpu}. `), ...words),
  );
}

/**
 * Time shown around events before the death. From the death on, the whole chain to the reap
 * is shown.
 */
const SIDE_NS = 200_000;

function stretch({ model }: View, { deathNs, reap }: Child, node: number): [number, number] {
  const at = nodeNs(model, node);
  const endNs = model.events[reap]?.timeNs;
  if (deathNs === null || endNs === undefined || at < deathNs) return [at - SIDE_NS, at + SIDE_NS];
  return [deathNs, endNs];
}
