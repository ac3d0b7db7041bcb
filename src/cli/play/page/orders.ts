import { button, el } from '../../report/page/dom.ts';
import type { AllOrders, Order, Play } from '../protocol.ts';

/** The runs after which the search ends: a few seconds. */
export const MOST_RUNS = 300;

/** All orders that the file leaves open, to be played one by one. */
export class Orders {
  readonly element: HTMLElement;
  readonly #result = el('div', { class: 'result' });
  readonly #pick: (schedule: string) => void;
  /** The scenario and the kernel of the list that is shown. */
  #of = '';

  constructor(find: () => void, pick: (schedule: string) => void) {
    this.#pick = pick;
    this.#result.setAttribute('aria-live', 'polite');
    this.element = el('div', {}, button('find them', find), this.#result);
  }

  /** Marks the order that is played, and clears a list that is another scenario's. */
  play(play: Play): void {
    if (this.#of !== keyOf(play)) this.#result.replaceChildren();
    for (const row of this.#result.querySelectorAll<HTMLElement>('li')) {
      const isPlayed = row.dataset.schedule === play.schedule;
      row.classList.toggle('here', isPlayed);
      row.querySelector('button')!.setAttribute('aria-pressed', String(isPlayed));
    }
  }

  show(play: Play, { orders, runs, isCut }: AllOrders): void {
    const broken = orders.filter(({ status }) => status !== 0).length;
    const verdict = broken === 0 ? 'none fails' : `${broken} ${broken === 1 ? 'fails' : 'fail'}`;
    const found = `${orders.length === 1 ? 'One order' : `${orders.length} orders`} in ${runs === 1 ? 'one run' : `${runs} runs`}: ${verdict}.`;
    const more = isCut ? ' There may be more: `qemu-loop explore FILE` looks further.' : '';
    const rows = orders.map((order, i) => this.#row(order, i + 1));
    this.#result.replaceChildren(el('p', {}, found + more), el('ol', { class: 'orders' }, ...rows));
    this.#of = keyOf(play);
    this.play(play);
  }

  fail(message: string): void {
    this.#of = '';
    this.#result.replaceChildren(el('p', { class: 'outcome bad' }, message));
  }

  #row({ schedule, runs, entries, status, failures }: Order, number: number): HTMLElement {
    const times = runs === 1 ? 'one run' : `${runs} runs`;
    const row = el(
      'li',
      {},
      button(`play order ${number}`, () => this.#pick(schedule)),
      ` ${times}, `,
      el('b', { class: status === 0 ? 'good' : 'bad' }, status === 0 ? 'passes' : 'fails'),
      ': ',
      el('code', {}, entries.join(' · ') || '(no entries)'),
    );
    row.dataset.schedule = schedule;
    if (failures.length > 0) row.title = failures.join('\n');
    return row;
  }
}

function keyOf({ text, weaknesses }: Play): string {
  return JSON.stringify([text, weaknesses]);
}
