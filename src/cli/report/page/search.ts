import type { Model } from '../model.ts';
import { button, el } from './dom.ts';
import { eventText, nodeTitle } from './view.ts';

const WAIT_MS = 120;

/** Searches events by name and arguments. */
export class Search {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #input = el('input', { label: 'search the events' });
  readonly #count = el('span', { class: 'faint', role: 'status', id: 'found' });
  readonly #onMatches: (nodes: readonly number[]) => void;
  readonly #onGo: (node: number) => void;
  #texts: string[] | null = null;
  #matches: number[] = [];
  #at = -1;
  #timer = 0;

  /**
   * @param onMatches called with the nodes that match
   * @param onGo called with the match to look at
   */
  constructor(
    model: Model,
    onMatches: (nodes: readonly number[]) => void,
    onGo: (node: number) => void,
  ) {
    this.#model = model;
    this.#onMatches = onMatches;
    this.#onGo = onGo;
    this.#input.type = 'search';
    this.#input.placeholder = 'Search: a name, fd 7, pid 42 …';
    this.#input.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#find(), WAIT_MS);
    });
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      clearTimeout(this.#timer);
      this.#find();
      this.#go(event.shiftKey ? -1 : 1);
    });
    this.element = el(
      'span',
      { class: 'search', role: 'search' },
      this.#input,
      button('‹', () => this.#go(-1), { label: 'the match before' }),
      button('›', () => this.#go(1), { label: 'the next match' }),
      this.#count,
    );
  }

  #find(): void {
    const words = this.#input.value.toLowerCase().trim();
    const same = this.#matches.length > 0 && this.#input.dataset.found === words;
    if (same) return;
    this.#input.dataset.found = words;
    this.#matches = [];
    this.#at = -1;
    if (words !== '') {
      this.#texts ??= this.#allTexts();
      this.#texts.forEach((text, i) => {
        if (text.includes(words)) this.#matches.push(i);
      });
    }
    this.#tell();
    this.#onMatches(this.#matches);
  }

  /** Texts of all events. Ends are left out: a search for a handler means its call. */
  #allTexts(): string[] {
    const model = this.#model;
    return model.events.map(({ name }, i) => {
      if (name.endsWith('_end')) return '';
      return `${name} ${nodeTitle(model, i)} ${eventText(model, i)}`.toLowerCase();
    });
  }

  #go(step: number): void {
    const { length } = this.#matches;
    if (length === 0) return;
    this.#at = this.#at < 0 && step < 0 ? length - 1 : (this.#at + step + length) % length;
    this.#tell();
    this.#onGo(this.#matches[this.#at]!);
  }

  #tell(): void {
    const { length } = this.#matches;
    const where = this.#at < 0 ? '' : `${this.#at + 1} of `;
    this.#count.textContent = this.#input.value === '' ? '' : `${where}${length} found`;
  }
}
