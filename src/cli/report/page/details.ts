import { CATALOGUE } from '../../../trace/catalogue.ts';
import { formatDuration } from '../../text/units.ts';
import { nodeNs } from '../facts.ts';
import { follow } from '../links.ts';
import { button, el } from './dom.ts';
import { clock, eventText, inThread, nodeTitle, sliceBegunBy, type View } from './view.ts';

const MOST_LISTED = 25;
const HINT =
  'Click an event to light it up with all its causes and effects. Wheel or pinch zooms, dragging pans.';

/** Shows the selection in full: its arguments, causes and effects. */
export class Details {
  readonly element = el(
    'div',
    { class: 'details', role: 'status' },
    el('p', { class: 'faint' }, HINT),
  );
  readonly #view: View;

  constructor(view: View) {
    this.#view = view;
  }

  /** @param node -1 if nothing is selected */
  show(node: number): void {
    if (node < 0) {
      this.element.replaceChildren(el('p', { class: 'faint' }, HINT));
      return;
    }
    const { model } = this.#view;
    this.element.replaceChildren(
      el('h3', {}, nodeTitle(model, node)),
      el('p', {}, this.#when(node)),
      this.#what(node),
      el(
        'div',
        { class: 'columns' },
        this.#list('What led to it', follow(model.links, node, 'causes').slice(1), node),
        this.#list('What came of it', follow(model.links, node, 'effects').slice(1), node),
      ),
    );
  }

  #when(node: number): string {
    const { model } = this.#view;
    const slice = sliceBegunBy(model, node);
    const length = slice === null ? '' : `, took ${formatDuration(slice.endNs - slice.startNs)}`;
    const thread = node < model.events.length ? inThread(model, node) : '';
    return `${clock(model, nodeNs(model, node))} after the trace began${length}${thread}`;
  }

  #what(node: number): HTMLElement {
    const { model } = this.#view;
    const event = model.events[node];
    if (event === undefined) {
      const child = model.children[node - model.events.length]!;
      return el('p', {}, el('code', {}, child.command));
    }
    const text = el('code', {}, `${event.name} ${eventText(model, node)}`);
    return el('p', {}, text, el('span', { class: 'faint' }, ` – ${CATALOGUE[event.name].help}`));
  }

  #list(title: string, nodes: readonly number[], of: number): HTMLElement {
    const { model } = this.#view;
    const ofNs = nodeNs(model, of);
    const items = nodes.slice(0, MOST_LISTED).map((node) => {
      const ns = nodeNs(model, node) - ofNs;
      const when = ns < 0 ? `${formatDuration(-ns)} before` : `${formatDuration(ns)} after`;
      const name = button(nodeTitle(model, node), () => this.#view.select(node), { class: 'link' });
      return el('li', {}, name, el('span', { class: 'faint' }, ` ${when}`));
    });
    const more = nodes.length - items.length;
    if (more > 0) items.push(el('li', { class: 'faint' }, `and ${more} more`));
    const list =
      items.length > 0
        ? el('ol', {}, ...items)
        : el('p', { class: 'faint' }, 'nothing in this trace');
    return el('div', {}, el('h4', {}, title), list);
  }
}
