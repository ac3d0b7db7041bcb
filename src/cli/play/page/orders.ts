import { button, el } from '../../report/page/dom.ts';
import type { AllOrders, Order, Play } from '../protocol.ts';

/** The runs after which the search ends, a second or two; and how many times more it looks further. */
const FIRST_RUNS = 300;
const FURTHER = 10;
/** More orders than these are not listed: those that fail stay. */
const MOST_ROWS = 200;

/** All orders that the file leaves open, to be played one by one. */
export class Orders {
  readonly element: HTMLElement;
  readonly #result = el('div', { class: 'result' });
  readonly #find: (mostRuns: number) => void;
  readonly #pick: (schedule: string) => void;
  /** The scenario and the kernel of the list that is shown, and the most runs that were made. */
  #of = '';
  #runs = FIRST_RUNS;

  /** @param find begins a search with a most number of runs; show or fail gets its result */
  constructor(find: (mostRuns: number) => void, pick: (schedule: string) => void) {
    this.#find = find;
    this.#pick = pick;
    this.#result.setAttribute('aria-live', 'polite');
    const all = button('find them', () => this.#search(FIRST_RUNS));
    this.element = el('div', {}, el('p', { class: 'faint' }, ABOUT), all, this.#result);
  }

  #search(mostRuns: number): void {
    this.#runs = mostRuns;
    this.#result.replaceChildren(el('p', { class: 'faint' }, 'The orders are run …'));
    this.#find(mostRuns);
  }

  /** Marks the order that is played, and clears a list that is another scenario's. */
  play(play: Play): void {
    if (this.#of !== keyOf(play)) this.#result.replaceChildren();
    for (const row of this.#result.querySelectorAll<HTMLElement>('li[data-schedule]')) {
      const isPlayed = row.dataset.schedule === play.schedule;
      row.classList.toggle('here', isPlayed);
      row.querySelector('button')!.setAttribute('aria-pressed', String(isPlayed));
    }
  }

  show(play: Play, { orders, runs, isCut }: AllOrders): void {
    const broken = orders.filter(({ status }) => status !== 0).length;
    const verdict = broken === 0 ? 'none fails' : `${broken} ${broken === 1 ? 'fails' : 'fail'}`;
    const found = `${counted(orders.length, 'order')} in ${counted(runs, 'run')}: ${verdict}.`;
    const listed = orders.map((order, i) => ({ order, number: i + 1 }));
    const isLong = orders.length > MOST_ROWS;
    if (isLong) listed.sort((a, b) => Number(b.order.status !== 0) - Number(a.order.status !== 0));
    const shown = listed.slice(0, MOST_ROWS);
    const rows = shown.map(({ order, number }, i) =>
      this.#row(order, number, shown[i - 1]?.order.entries ?? []),
    );
    this.#result.replaceChildren(
      el('p', {}, found),
      ...(isCut ? [this.#further(runs)] : []),
      ...(isLong ? [el('p', {}, leftOut(orders.length, broken))] : []),
      el('ol', { class: 'orders' }, ...rows),
    );
    this.#of = keyOf(play);
    this.play(play);
  }

  #further(runs: number): HTMLElement {
    const next = this.#runs * FURTHER;
    const look = button(`look further, ${counted(next, 'run')} at most`, () => this.#search(next));
    const why = `The search ended after ${counted(runs, 'run')}: orders may be left out. `;
    return el('p', {}, why, look);
  }

  fail(message: string): void {
    this.#of = '';
    this.#result.replaceChildren(el('p', { class: 'outcome bad' }, message));
  }

  /** @param above the entries of the row above: where the two part is where the eye should go */
  #row(
    { schedule, runs, entries, status, failures }: Order,
    number: number,
    above: readonly string[],
  ): HTMLElement {
    let same = 0;
    while (same < entries.length && entries[same] === above[same]) same++;
    const parts = [
      ...(same === 0 ? [] : [el('span', { class: 'faint' }, joined(entries.slice(0, same)))]),
      ...(same === 0 || same === entries.length ? [] : [' · ']),
      joined(entries.slice(same)),
    ];
    const row = el(
      'li',
      {},
      button(`play order ${number}`, () => this.#pick(schedule)),
      ` ${counted(runs, 'run')}, `,
      el('b', { class: status === 0 ? 'good' : 'bad' }, status === 0 ? 'passes' : 'fails'),
      ': ',
      el('code', {}, ...(entries.length === 0 ? ['(no entries)'] : parts)),
      ...failures.map((text) => el('p', { class: 'bad small' }, text.split('\n')[0]!)),
    );
    row.dataset.schedule = schedule;
    return row;
  }
}

const ABOUT =
  'Each order that the file leaves open: which of the events at one time, or within its jitter, comes first.';

function leftOut(orders: number, broken: number): string {
  const which = broken === 0 ? '' : ', those that fail first';
  return `${MOST_ROWS} of ${orders} are listed${which}; qemu-loop explore FILE --json has all.`;
}

function joined(entries: readonly string[]): string {
  return entries.join(' · ');
}

function counted(count: number, what: string): string {
  return count === 1 ? `one ${what}` : `${count.toLocaleString('en')} ${what}s`;
}

function keyOf({ text, weaknesses }: Play): string {
  return JSON.stringify([text, weaknesses]);
}
