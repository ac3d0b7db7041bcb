/** The report of a run: builds the views of the trace embedded in the page. */

import { count, formatDuration } from '../../text/units.ts';
import { type BigLock, contention } from '../big-lock.ts';
import { buildModel, type Model } from '../model.ts';
import { type PageData, unpackTrace } from '../pack.ts';
import { childrenView } from './children-view.ts';
import { contentionView, exclusiveView } from './contention-view.ts';
import { Details } from './details.ts';
import { el, section } from './dom.ts';
import { findingsView } from './findings-view.ts';
import { histogram } from './histogram.ts';
import type { Shade } from './layout.ts';
import { MachinePanel } from './machine-panel.ts';
import { Search } from './search.ts';
import { callbacksView, phasesView } from './tables.ts';
import { themeSwitch } from './theme.ts';
import { Timeline } from './timeline.ts';
import type { View } from './view.ts';

/** Time shown on each side of a search result, ns; less if the trace is shorter. */
const SIDE_NS = 500_000;

/** Fills the page. */
export function showReport(data: PageData): void {
  const model = buildModel(unpackTrace(data.trace), { slowNs: data.slowNs });
  const view: View = {
    model,
    select: (node) => {
      timeline.light(node);
      details.show(node);
      panel.show(node);
    },
    show: (node, startNs, endNs) => {
      view.select(node);
      timeline.show(node, startNs, endNs);
      document.getElementById('timeline')?.scrollIntoView({ block: 'start' });
    },
  };
  const timeline = new Timeline(model, view.select);
  const details = new Details(view);
  const panel = new MachinePanel(model, {
    go: view.select,
    mark: (events) => timeline.mark(events),
  });
  const search = new Search(
    model,
    (nodes) => timeline.mark(nodes),
    (node) => {
      view.select(node);
      timeline.showAround(node, SIDE_NS);
    },
  );

  document.body.append(
    el(
      'header',
      {},
      el('div', {}, el('h1', {}, 'qemu-loop report'), el('p', { class: 'source' }, data.title)),
      themeSwitch(() => timeline.recolor()),
    ),
    el(
      'main',
      {},
      summary(model),
      findingsView(view),
      section(
        'timeline',
        'Timeline',
        el('div', { class: 'tools' }, search.element, timeline.buttons()),
        legend(timeline.shades()),
        timeline.element,
        details.element,
      ),
      panel.element,
      ...optional(contentionView(view)),
      ...optional(exclusiveView(view)),
      childrenView(view),
      phasesView(view),
      callbacksView(view),
      section('spreads', 'Waiting', spreads(model)),
    ),
  );
}

function optional(element: HTMLElement | null): HTMLElement[] {
  return element === null ? [] : [element];
}

function summary({ statistics, children, events, checks, threads, bql }: Model): HTMLElement {
  const { spanNs, iterations, polls, wakeups, asleepNs } = statistics;
  const findings = checks.reduce((sum, check) => sum + check.findings.length, 0);
  const asleep = spanNs > 0 ? ((100 * asleepNs) / spanNs).toFixed(1) : '0';
  const reaped = children.filter(({ reap }) => reap >= 0).length;
  const cards: [string, string][] = [
    [formatDuration(spanNs), 'traced'],
    [String(events.length), 'events'],
    ...(threads.length === 1 ? [] : threadCards(threads.length, bql)),
    [String(iterations), 'iterations'],
    [`${asleep} %`, `asleep, in ${count(polls, 'poll')}`],
    [String(wakeups), 'wake-ups'],
    ...(children.length === 0 ? [] : [childrenCard(reaped, children.length)]),
    [String(findings), findings === 1 ? 'finding' : 'findings'],
  ];
  const made = cards.map(([value, name]) => el('li', {}, el('b', {}, value), ` ${name}`));
  return el('ul', { class: 'cards' }, ...made);
}

function threadCards(threads: number, bql: BigLock): [string, string][] {
  const waitedNs = contention(bql).reduce((sum, row) => sum + row.waitedNs, 0);
  return [
    [String(threads), 'threads'],
    [formatDuration(waitedNs), 'waited for the BQL'],
  ];
}

function childrenCard(reaped: number, of: number): [string, string] {
  return [`${reaped} of ${of}`, 'children reaped'];
}

/** The colours that the timeline has. */
function legend(shown: ReadonlySet<Shade>): HTMLElement {
  const shades: [Shade, string][] = [
    ['poll', 'poll: asleep'],
    ['phase', 'phase'],
    ['fd', 'fd handler'],
    ['signal', 'signal handler'],
    ['bh', 'bottom half'],
    ['timer', 'timer'],
    ['coroutine', 'coroutine'],
    ['spin', 'busy polling'],
    ['lock', 'wait for the BQL'],
    ['hold', 'hold of the BQL'],
    ['contended', 'hold that others wait for'],
    ['await', 'wait for another vCPU'],
    ['alone', 'runs alone'],
    ['work', 'work of a thread pool'],
    ['life', 'child'],
    ['zombie', 'zombie'],
  ];
  const keys = shades
    .filter(([shade]) => shown.has(shade))
    .map(([shade, name]) => {
      const key = el('i');
      key.style.background = `var(--c-${shade})`;
      return el('span', {}, key, name);
    });
  return el('p', { class: 'keys' }, ...keys);
}

function spreads({ statistics }: Model): HTMLElement {
  const { wakeToRun, scheduleToRun, deathToReap } = statistics;
  return el(
    'div',
    { class: 'spreads' },
    histogram(
      'Wake-up to run',
      'from poll_return to the handler of an fd that was ready',
      wakeToRun,
    ),
    histogram(
      'Schedule to run',
      'from qemu_bh_schedule to the call of the bottom half',
      scheduleToRun,
    ),
    histogram('Death to reap', 'how long a child was a zombie', deathToReap),
  );
}
