import { CHANGED, ONLY_A, ONLY_B, SAME, type TraceDiff } from '../diff/compare.ts';
import type { Model } from '../model.ts';
import { button, el } from './dom.ts';
import { RowList } from './row-list.ts';
import { clock, eventText, inThread } from './view.ts';

/** As in diff.css. */
const ROW = 40;
const CLASSES = { [SAME]: '', [CHANGED]: 'changed', [ONLY_A]: 'only-a', [ONLY_B]: 'only-b' };
const WORDS = {
  [SAME]: '',
  [CHANGED]: 'other arguments',
  [ONLY_A]: 'only in A',
  [ONLY_B]: 'only in B',
};

/** The events of two runs, row by row. */
export class DiffRows {
  readonly element: HTMLElement;
  /** The box that leaves only the differences. */
  readonly filter: HTMLElement;
  readonly #diff: TraceDiff;
  readonly #models: readonly Model[];
  readonly #list: RowList;
  readonly #differing: readonly number[];
  /** Null for all rows. */
  #shown: readonly number[] | null = null;
  #at = -1;

  /** @param go called with the row that was clicked */
  constructor(diff: TraceDiff, models: readonly Model[], go: (row: number) => void) {
    this.#diff = diff;
    this.#models = models;
    this.#differing = [...diff.kinds.keys()].filter((row) => diff.kinds[row] !== SAME);
    this.#list = new RowList({
      rowHeight: ROW,
      label: 'events of both runs',
      row: (i) => this.#row(this.#shown === null ? i : this.#shown[i]!, go),
    });
    this.#list.count = diff.kinds.length;
    const heads = ['A', 'B'].map((name) => el('b', {}, name));
    this.element = el(
      'div',
      { class: 'diff' },
      el('p', { class: 'heads' }, ...heads),
      this.#list.element,
    );
    const box = el('input', { id: 'only' });
    box.type = 'checkbox';
    box.addEventListener('change', () => {
      this.#shown = box.checked ? this.#differing : null;
      this.#list.count = this.#shown?.length ?? diff.kinds.length;
      this.show(this.#at);
    });
    this.filter = el('label', {}, box, ' only the differences');
  }

  /** Marks a row, and scrolls to it. */
  show(row: number): void {
    this.#at = row;
    const index = this.#shown === null ? row : this.#shown.findIndex((one) => one >= row);
    this.#list.show(Math.max(0, index));
  }

  /** The next row that differs, forth (1) or back (-1); -1 if there is none. */
  nextDifference(by: 1 | -1): number {
    const found =
      by === 1
        ? this.#differing.find((row) => row > this.#at)
        : this.#differing.findLast((row) => row < this.#at);
    return found ?? -1;
  }

  #row(row: number, go: (row: number) => void): HTMLElement {
    const kind = this.#diff.kinds[row] as keyof typeof CLASSES;
    const made = button('', () => go(row));
    made.append(this.#event(0, this.#diff.a[row]!), this.#event(1, this.#diff.b[row]!));
    const item = el('li', { class: CLASSES[kind], title: WORDS[kind] }, made);
    if (kind !== SAME) made.append(el('span', { class: 'unseen' }, WORDS[kind]));
    if (row === this.#diff.first) item.classList.add('first');
    if (row === this.#at) {
      item.classList.add('here');
      made.setAttribute('aria-current', 'true');
    }
    return item;
  }

  #event(side: 0 | 1, event: number): HTMLElement {
    if (event < 0) return el('span', { class: 'none' });
    const model = this.#models[side]!;
    const { name, timeNs } = model.events[event]!;
    return el(
      'span',
      {},
      el('b', {}, name),
      el('time', {}, `${event} · ${clock(model, timeNs)}${inThread(model, event)}`),
      el('code', {}, eventText(model, event)),
    );
  }
}
