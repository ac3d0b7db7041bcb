import { whyOf } from '../../log/why.ts';
import { el } from '../../report/page/dom.ts';
import type { RunView } from '../run-view.ts';

/** The links of the chain, by the sections of docs/chain.md. */
const LINKS = [
  'posix_spawn',
  'ppoll',
  'ppoll returned',
  'sigfd_handler',
  'qemu_signalfd_siginfo',
  'sigaction',
  'sigchld_handler(17)',
  'qemu_bh_schedule',
  'aio_notify',
  'ppoll, timeout 0',
  'aio_bh_poll',
  'sigchld_bh_handler',
  'waitpid',
] as const;

/** The chain as a row of links: each lights up as its event comes, with the reason below. */
export class ChainBar {
  readonly element: HTMLElement;
  readonly #links = new Map<string, HTMLElement>();
  readonly #why = el('p', { class: 'why' });

  constructor() {
    this.#why.setAttribute('aria-live', 'polite');
    const items = LINKS.map((name) => {
      const item = el('li', {}, name);
      this.#links.set(name, item);
      return item;
    });
    this.element = el(
      'div',
      { class: 'chain-bar' },
      el('ol', { label: 'the chain' }, ...items),
      this.#why,
    );
  }

  /** @param isQuiet leaves out the sentence, which nobody could read while the run plays fast */
  show(view: RunView, event: number, isQuiet: boolean): void {
    const why = whyOf(view.id(event), view.args(event));
    for (const [name, item] of this.#links) item.classList.toggle('lit', name === why?.section);
    if (isQuiet) return;
    this.#why.replaceChildren(
      ...(why === null
        ? []
        : [why.text, el('span', { class: 'faint' }, ` QEMU 7.2: ${why.qemu} · here: ${why.here}`)]),
    );
  }
}
