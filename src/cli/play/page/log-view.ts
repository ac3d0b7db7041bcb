import { button, el } from '../../report/page/dom.ts';
import { RowList } from '../../report/page/row-list.ts';
import { formatDuration } from '../../text/units.ts';
import type { RunView } from '../run-view.ts';

const ROW = 22;

/** Events that only show that the loop goes round. */
const ROUNDS =
  /_(end|accept|phase)$|^main_loop_wait|^aio_poll_|^poll_(add|remove)|^aio_set_fd|^coroutine_create|^signalfd_read/;

/** A row: an event, or an entry of the order log. */
interface LogRow {
  readonly event: number;
  readonly entry: string | null;
  readonly timeNs: number;
}

/** The live log with the order log between, as far as it is in view. */
export class LogView {
  readonly element: HTMLElement;
  readonly #list = new RowList({
    rowHeight: ROW,
    label: 'live log',
    row: (i) => this.#row(this.#view!, i),
  });
  readonly #go: (event: number) => void;
  #rows: LogRow[] = [];
  #view: RunView | null = null;
  #all = false;
  #at = -1;
  /** The row of the place. */
  #current = 0;

  constructor(go: (event: number) => void) {
    this.#go = go;
    const every = el('input');
    every.type = 'checkbox';
    every.addEventListener('change', () => {
      this.#all = every.checked;
      if (this.#view !== null) this.load(this.#view);
    });
    this.element = el(
      'div',
      { class: 'log-part' },
      el('label', { class: 'small' }, every, ' every event'),
      this.#list.element,
    );
  }

  load(view: RunView): void {
    this.#view = view;
    const { times, entries } = view.recording;
    const rows: LogRow[] = [];
    let next = 0;
    for (let event = 0; event <= view.length; event++) {
      for (; next < entries.length && entries[next]!.before === event; next++) {
        const { text, timeNs } = entries[next]!;
        rows.push({ event: Math.max(0, event - 1), entry: text, timeNs });
      }
      if (event === view.length) break;
      if (this.#all || !ROUNDS.test(view.name(event)))
        rows.push({ event, entry: null, timeNs: times[event]! });
    }
    this.#rows = rows;
    this.#list.count = rows.length;
    const at = this.#at;
    this.#at = -1;
    this.show(at);
  }

  /** Scrolls to the last row that is not behind the event, and marks it. */
  show(event: number): void {
    if (event === this.#at) return;
    this.#at = event;
    this.#current = this.#rowOf(event);
    this.#list.show(this.#current);
  }

  /** The row of the place: the last one up to the event. */
  #rowOf(event: number): number {
    let [low, high] = [0, this.#rows.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#rows[middle]!.event <= event) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #row(view: RunView, i: number): HTMLElement {
    const { event, entry, timeNs } = this.#rows[i]!;
    const { func, text, kind } =
      entry === null ? view.text(event) : { func: 'order log', text: entry, kind: 'order' };
    const made = button('', () => this.#go(event), { title: `${func} ${text}` });
    made.append(
      el('time', {}, formatDuration(timeNs)),
      ...(entry === null ? threadTag(view.thread(event)) : []),
      el('b', { class: kind }, func),
      el('span', {}, text),
    );
    const item = el(
      'li',
      { class: i === this.#current ? 'here' : i > this.#current ? 'later' : '' },
      made,
    );
    if (i === this.#current) made.setAttribute('aria-current', 'step');
    return item;
  }
}

function threadTag(thread: string): HTMLElement[] {
  return thread === '' ? [] : [el('i', {}, `${thread} `)];
}
