import { button, el } from '../../report/page/dom.ts';
import { WEAKNESS_WORDS, WEAKNESSES, type Weakness } from '../../weak/weaknesses.ts';
import type { Comparison } from '../protocol.ts';
import type { BarrierSwitch } from './barrier-switch.ts';

/** The switches that take a link away, and what then differs. */
export class WhatIf {
  readonly element: HTMLElement;
  readonly #boxes = new Map<Weakness, HTMLInputElement>();
  readonly #reason = el('p', { class: 'faint' });
  readonly #result = el('div', { class: 'result' });
  readonly #go: (event: number) => void;

  constructor(barriers: BarrierSwitch, changed: () => void, go: (event: number) => void) {
    this.#go = go;
    this.#result.setAttribute('aria-live', 'polite');
    const rows = WEAKNESSES.map((weakness) => {
      const box = el('input');
      box.type = 'checkbox';
      box.name = weakness;
      box.addEventListener('change', changed);
      this.#boxes.set(weakness, box);
      return el('li', {}, el('label', {}, box, ` ${WEAKNESS_WORDS[weakness]}`));
    });
    this.#reason.id = 'what-if-reason';
    const list = el('ul', { class: 'switches' }, ...rows);
    this.element = el('div', {}, this.#reason, list, this.#result, barriers.element);
  }

  get weaknesses(): Weakness[] {
    return WEAKNESSES.filter((weakness) => this.#boxes.get(weakness)!.checked);
  }

  set weaknesses(list: readonly string[]) {
    for (const [weakness, box] of this.#boxes) box.checked = list.includes(weakness);
  }

  /** @param reason why no switch works, and all are off; null if they work */
  allow(reason: string | null): void {
    this.#reason.textContent = reason ?? '';
    for (const box of this.#boxes.values()) {
      box.disabled = reason !== null;
      if (reason === null) box.removeAttribute('aria-describedby');
      else {
        box.checked = false;
        box.setAttribute('aria-describedby', this.#reason.id);
      }
    }
  }

  clear(): void {
    this.#result.replaceChildren();
  }

  show({ diff, firstEvent, weak, failures }: Comparison): void {
    const isSame = diff.every(({ sign }) => sign === ' ');
    const rows = diff.map(({ sign, text }) =>
      el(
        'tr',
        { class: sign === ' ' ? '' : 'differs' },
        el('td', {}, sign === '+' ? '' : text),
        el('td', {}, sign === '-' ? '' : text),
      ),
    );
    const verdict =
      weak === 0 ? 'It passes all the same.' : `It fails: ${failures[0]?.split('\n')[0] ?? ''}`;
    const head = el('tr', {}, el('th', {}, 'sound'), el('th', {}, 'with the link taken away'));
    this.#result.replaceChildren(
      el('p', {}, isSame ? 'The order log is the same.' : 'The order logs differ.', ` ${verdict}`),
      ...(firstEvent < 0
        ? [el('p', {}, 'No event differs.')]
        : [
            button(`to the first event that differs (${firstEvent + 1})`, () =>
              this.#go(firstEvent),
            ),
          ]),
      el('table', { class: 'side-by-side' }, el('thead', {}, head), el('tbody', {}, ...rows)),
    );
  }
}
