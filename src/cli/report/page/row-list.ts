import { el } from './dom.ts';

/** Rows beyond the visible ones, on both sides. */
const SPARE = 4;

export interface RowListParts {
  /** Pixels of a row; the style sheet makes them as high. */
  readonly rowHeight: number;
  readonly label: string;
  /** Makes a row, an li. */
  readonly row: (index: number) => HTMLElement;
}

/** A list of any length, of which only the rows in view are on the page. */
export class RowList {
  readonly element: HTMLElement;
  readonly #list: HTMLOListElement;
  readonly #space = el('div', { class: 'log-space' });
  readonly #parts: RowListParts;
  #count = 0;

  constructor(parts: RowListParts) {
    this.#parts = parts;
    const { label } = parts;
    this.#list = el('ol', { class: 'log', label: `the ${label}` });
    this.#space.append(this.#list);
    this.element = el('div', { class: 'log-box', role: 'group', label }, this.#space);
    this.element.tabIndex = 0;
    this.element.addEventListener('scroll', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Sets the number of rows; all of them may be others than before. */
  set count(count: number) {
    this.#count = count;
    this.#space.style.height = `${count * this.#parts.rowHeight}px`;
  }

  /** Scrolls to a row unless it is in view, and draws. */
  show(index: number): void {
    const box = this.element;
    const y = index * this.#parts.rowHeight;
    if (y < box.scrollTop || y + this.#parts.rowHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = Math.max(0, y - box.clientHeight / 2);
    }
    this.draw();
  }

  draw(): void {
    const { rowHeight, row } = this.#parts;
    const first = Math.max(0, Math.floor(this.element.scrollTop / rowHeight) - SPARE);
    const visible = Math.ceil(this.element.clientHeight / rowHeight);
    const last = Math.min(this.#count, first + visible + 2 * SPARE);
    const rows: HTMLElement[] = [];
    for (let i = first; i < last; i++) rows.push(row(i));
    this.#list.style.transform = `translateY(${first * rowHeight}px)`;
    this.#list.start = first + 1;
    this.#list.replaceChildren(...rows);
  }
}
