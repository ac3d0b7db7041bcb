import { button, el } from '../../report/page/dom.ts';
import { type Comparison, type Order, WEAKNESSES, type Weakness } from '../protocol.ts';

const WORDS: Readonly<Record<Weakness, string>> = {
  one_waitpid: 'one waitpid for each signal',
  one_record: 'one record for each wake-up',
  no_wakeup: 'aio_notify never writes the eventfd',
  always_sleep: 'no second look: it sleeps with work on the list',
  sig_ign: 'SIGCHLD is ignored',
};

/** The switches that take a link away, and what then differs. */
export class WhatIf {
  readonly element: HTMLElement;
  readonly #boxes = new Map<Weakness, HTMLInputElement>();
  readonly #result = el('div', { class: 'result' });
  readonly #go: (event: number) => void;

  constructor(changed: () => void, go: (event: number) => void) {
    this.#go = go;
    this.#result.setAttribute('aria-live', 'polite');
    const rows = WEAKNESSES.map((weakness) => {
      const box = el('input');
      box.type = 'checkbox';
      box.name = weakness;
      box.addEventListener('change', changed);
      this.#boxes.set(weakness, box);
      return el('li', {}, el('label', {}, box, ` ${WORDS[weakness]}`));
    });
    this.element = el('div', {}, el('ul', { class: 'switches' }, ...rows), this.#result);
  }

  get weaknesses(): Weakness[] {
    return WEAKNESSES.filter((weakness) => this.#boxes.get(weakness)!.checked);
  }

  set weaknesses(list: readonly string[]) {
    for (const [weakness, box] of this.#boxes) box.checked = list.includes(weakness);
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
      weak === 0 ? 'it passes all the same' : `it fails: ${failures[0]?.split('\n')[0] ?? ''}`;
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

/** The orders that chance can bring about. */
export class Orders {
  readonly element: HTMLElement;
  readonly #result = el('div', { class: 'result' });
  readonly #pick: (seed: number) => void;

  constructor(find: () => void, pick: (seed: number) => void) {
    this.#pick = pick;
    this.#result.setAttribute('aria-live', 'polite');
    this.element = el('div', {}, button('find them: 200 seeds', find), this.#result);
  }

  clear(): void {
    this.#result.replaceChildren();
  }

  show(orders: readonly Order[], hasJitter: boolean): void {
    const total = orders.reduce((sum, { count }) => sum + count, 0);
    const text = hasJitter
      ? `${orders.length} orders in ${total} seeds:`
      : 'One order: without `jitter` nothing is left to chance.';
    const rows = orders.map(({ seed, count, entries, status }) =>
      el(
        'li',
        {},
        button(`seed ${seed}`, () => this.#pick(seed), { label: `run seed ${seed}` }),
        ` ${count === 1 ? 'once' : `${count} times`}${status === 0 ? '' : ', fails'}: `,
        el('code', {}, entries.join(' · ')),
      ),
    );
    this.#result.replaceChildren(el('p', {}, text), el('ol', { class: 'orders' }, ...rows));
  }
}
