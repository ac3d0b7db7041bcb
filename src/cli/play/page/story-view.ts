import { type Facts, findFacts } from '../../report/facts.ts';
import { follow } from '../../report/links.ts';
import { button, el } from '../../report/page/dom.ts';
import type { Thing } from '../../report/things.ts';
import { formatDuration } from '../../text/units.ts';
import type { RunView } from '../run-view.ts';

/** The most events of a story that are listed, and the most causes of an event. */
const MOST_LISTED = 200;
const MOST_CAUSES = 12;
/** Causes are not looked for in longer runs. */
const MOST_EVENTS = 50_000;

export interface StoryParts {
  readonly go: (event: number) => void;
  readonly toggleBreakpoint: (thing: Thing) => void;
  readonly hasBreakpoint: (thing: Thing) => boolean;
}

/** The causes of the event, and the story of a thing that was picked. */
export class StoryView {
  readonly element = el('div', { class: 'story' });
  readonly #parts: StoryParts;
  #view: RunView | null = null;
  #facts: Facts | null = null;
  #thing: Thing | null = null;
  #drawn = '';

  constructor(parts: StoryParts) {
    this.#parts = parts;
  }

  load(view: RunView): void {
    this.#view = view;
    this.#facts = null;
    this.#drawn = '';
  }

  pick(thing: Thing | null): void {
    this.#thing = thing;
    this.#drawn = '';
  }

  /** @param isQuiet whether the run plays, so that there is no time to look for causes */
  show(event: number, isQuiet: boolean): void {
    const view = this.#view;
    const { hasBreakpoint } = this.#parts;
    const state = `${event} ${isQuiet} ${this.#thing !== null && hasBreakpoint(this.#thing)}`;
    if (view === null || state === this.#drawn || isQuiet) return;
    this.#drawn = state;
    this.element.replaceChildren(
      el('h4', {}, 'this event'),
      this.#link(view, event),
      this.#thingsOf(view, event),
      el('h4', {}, 'what led to it'),
      this.#causes(view, event),
      ...(this.#thing === null ? [] : this.#story(view, this.#thing, event)),
    );
  }

  #thingsOf(view: RunView, event: number): HTMLElement {
    const made = view.thingsOf(event).map((thing) =>
      button(
        thing.label,
        () => {
          this.pick(thing);
          this.show(event, false);
        },
        { class: 'thing' },
      ),
    );
    return el('p', {}, ...made);
  }

  #causes(view: RunView, event: number): HTMLElement {
    if (view.length > MOST_EVENTS)
      return el('p', { class: 'faint' }, 'The run is too long to look for causes.');
    this.#facts ??= findFacts(
      { events: view.records(), dropped: 0, truncated: false },
      { slowNs: 10e6 },
    );
    const { links } = this.#facts;
    const causes = follow(links, event, 'causes')
      .filter((node) => node !== event && node < view.length)
      .slice(0, MOST_CAUSES);
    if (causes.length === 0) return el('p', { class: 'faint' }, 'It comes by itself.');
    return el('ul', {}, ...causes.map((cause) => el('li', {}, this.#link(view, cause))));
  }

  #story(view: RunView, thing: Thing, at: number): HTMLElement[] {
    const events: number[] = [];
    for (let i = 0; i < view.length && events.length < MOST_LISTED; i++) {
      if (view.mentions(i, thing)) events.push(i);
    }
    const { hasBreakpoint, toggleBreakpoint } = this.#parts;
    const isSet = hasBreakpoint(thing);
    const stop = button(isSet ? 'do not stop here' : 'stop whenever it comes', () =>
      toggleBreakpoint(thing),
    );
    stop.setAttribute('aria-pressed', String(isSet));
    const close = button('close', () => {
      this.pick(null);
      this.show(at, false);
    });
    const more = events.length === MOST_LISTED ? [el('li', { class: 'faint' }, '… and more')] : [];
    return [
      el('h4', {}, `the story of ${thing.label}`),
      el('p', {}, stop, ' ', close),
      el(
        'ul',
        {},
        ...events.map((event) =>
          el('li', { class: event === at ? 'here' : '' }, this.#link(view, event)),
        ),
        ...more,
      ),
    ];
  }

  #link(view: RunView, event: number): HTMLElement {
    const { func, text } = view.text(event);
    const time = formatDuration(view.recording.times[event]!);
    return button(`${time} ${func} ${text}`, () => this.#parts.go(event), { class: 'link' });
  }
}
