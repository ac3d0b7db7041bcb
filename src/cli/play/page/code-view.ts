import { el } from '../../report/page/dom.ts';
import { CODE, lineOf } from '../code.ts';
import type { RunView } from '../run-view.ts';

/** The pseudo code, with the line at which the loop stands. */
export class CodeView {
  readonly element: HTMLElement;
  readonly #lines = new Map<string, HTMLElement>();
  #marked: HTMLElement | null = null;

  constructor() {
    const rows = CODE.map(({ id, text, note }) => {
      const row = el(
        'li',
        { class: /^\S/.test(text) ? 'function' : '' },
        el('code', {}, text),
        el('span', { class: 'faint' }, note),
      );
      this.#lines.set(id, row);
      return row;
    });
    this.element = el('ol', { class: 'code', label: 'the loop as pseudo code' }, ...rows);
  }

  show(view: RunView, event: number): void {
    const id = lineOf(view.id(event), view.args(event));
    const line = id === null ? null : this.#lines.get(id)!;
    // An event without a line is still within the last one that had one.
    if (line === null || line === this.#marked) return;
    this.#marked?.classList.remove('here');
    this.#marked?.removeAttribute('aria-current');
    line.classList.add('here');
    line.setAttribute('aria-current', 'step');
    this.#marked = line;
    const box = this.element;
    const y = line.offsetTop;
    if (y < box.scrollTop || y + line.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = y - box.clientHeight / 2;
    }
  }
}
