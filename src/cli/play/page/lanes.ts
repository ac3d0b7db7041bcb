import { type Facts, findFacts } from '../../report/facts.ts';
import { el } from '../../report/page/dom.ts';
import { Timeline } from '../../report/page/timeline.ts';
import type { RunView } from '../run-view.ts';

/** Longer runs are not drawn: their links would take seconds to find. */
const MOST_EVENTS = 50_000;
const SLOW_NS = 10e6;

/** The run along an axis, with a lane for each thread: the report's timeline. */
export class Lanes {
  readonly element = el('div', { class: 'lanes' });
  readonly #go: (event: number) => void;
  #timeline: Timeline | null = null;
  #facts: Facts | null = null;

  /** @param go called with the event that was clicked */
  constructor(go: (event: number) => void) {
    this.#go = go;
  }

  /** The facts of the run; null if it is too long. */
  get facts(): Facts | null {
    return this.#facts;
  }

  load(view: RunView): void {
    this.#timeline = null;
    this.#facts = null;
    if (view.length === 0 || view.length > MOST_EVENTS) {
      const why = view.length === 0 ? 'Nothing happens.' : 'The run is too long to be drawn.';
      this.element.replaceChildren(el('p', { class: 'faint' }, why));
      return;
    }
    const trace = { events: view.records(), dropped: 0, truncated: false };
    const facts = findFacts(trace, { slowNs: SLOW_NS });
    const pick = (node: number): void => {
      if (node >= 0 && node < view.length) this.#go(node);
    };
    this.#facts = facts;
    this.#timeline = new Timeline(facts, pick, 'steps');
    this.element.replaceChildren(
      el('div', { class: 'tools' }, this.#timeline.buttons()),
      this.#timeline.element,
    );
  }

  /** Marks the event; with its causes and effects unless the run plays. */
  show(event: number, playing: boolean): void {
    this.#timeline?.mark([event]);
    this.#timeline?.light(playing ? -1 : event);
  }

  recolor(): void {
    this.#timeline?.recolor();
  }
}
