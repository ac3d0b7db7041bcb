import type { Check, Finding, Place } from '../findings/finding.ts';
import { button, el, section } from './dom.ts';
import type { View } from './view.ts';
import { clock } from './view.ts';

/** Shows the findings, and the checks that found nothing. */
export function findingsView(view: View): HTMLElement {
  const { checks, dropped, truncated } = view.model;
  const notes: HTMLElement[] = [];
  if (dropped > 0)
    notes.push(note(`${dropped} events are lost: causes and findings may be missing.`));
  if (truncated) notes.push(note('The trace ends in the middle of an event.'));
  const found = checks.filter(({ findings }) => findings.length > 0);
  const none = checks.filter(({ findings }) => findings.length === 0);
  const heads = found.map((check) => checkView(check, view));
  const rest = none.map((check) =>
    el('li', { id: `check-${check.id}` }, el('b', {}, check.title), ` – ${check.none}`),
  );
  const all = found.length === 0 ? [el('p', { class: 'good' }, 'Nothing found.')] : heads;
  const list = rest.length > 0 ? [el('ul', { class: 'none' }, ...rest)] : [];
  return section('findings', 'Findings', ...notes, ...all, ...list);
}

function note(text: string): HTMLElement {
  return el('p', { class: 'note' }, text);
}

function checkView({ id, title, findings }: Check, view: View): HTMLElement {
  const views = findings.map((finding) => findingView(finding, view));
  return el('div', { class: 'check', id: `check-${id}` }, el('h3', {}, title), ...views);
}

function findingView(finding: Finding, view: View): HTMLElement {
  const { severity, title, text, places, total } = finding;
  const shown = places.map((place) => el('li', {}, placeView(place, view)));
  const more = total - places.length;
  if (more > 0) shown.push(el('li', { class: 'faint' }, `and ${more} more`));
  return el(
    'article',
    { class: `finding ${severity}` },
    el('h4', {}, el('span', { class: 'badge' }, BADGES[severity]), title),
    el('p', {}, text),
    el('ul', { class: 'places' }, ...shown),
  );
}

const BADGES: Readonly<Record<Finding['severity'], string>> = {
  bad: 'wrong',
  warn: 'look',
  info: 'note',
};

function placeView({ text, node, startNs, endNs }: Place, view: View): HTMLElement {
  const show = (): void => view.show(node, startNs, endNs);
  return button(`${text} – at ${clock(view.model, startNs)}`, show, { class: 'link' });
}
