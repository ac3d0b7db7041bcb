import { nodeNs } from '../facts.ts';
import { TraceMachine } from '../frames.ts';
import type { Model } from '../model.ts';
import { mentions, type Thing, thingsOf } from '../things.ts';
import { button, el, section } from './dom.ts';
import { machine } from './machine-view.ts';
import { clock, eventText } from './view.ts';

export interface PanelParts {
  /** Selects an event. */
  readonly go: (event: number) => void;
  /** Marks the events that are about a thing. */
  readonly mark: (events: readonly number[]) => void;
}

/** The machine after the event that is selected, as far as the trace tells. */
export class MachinePanel {
  readonly element: HTMLElement;
  readonly #model: Model;
  readonly #parts: PanelParts;
  readonly #machine: TraceMachine;
  readonly #drive: 'main_loop' | 'aio_poll';
  readonly #stage = el('div', { class: 'stage' });
  readonly #place = el('p', { class: 'faint', role: 'status' });
  #at = 0;

  constructor(model: Model, parts: PanelParts) {
    this.#model = model;
    this.#parts = parts;
    this.#machine = new TraceMachine(model);
    const isMain = model.events.some(({ name }) => name === 'main_loop_wait_begin');
    this.#drive = isMain ? 'main_loop' : 'aio_poll';
    const step = (by: number, text: string, label: string): HTMLElement =>
      button(text, () => this.#parts.go(this.#within(this.#at + by)), { label });
    this.element = section(
      'machine',
      'The machine',
      el(
        'div',
        { class: 'tools' },
        this.#place,
        el('span', {}, step(-1, '‹', 'the event before'), ' ', step(1, '›', 'the next event')),
      ),
      this.#stage,
    );
    this.show(0);
  }

  /** @param node an event or a death; -1 if nothing is selected, which changes nothing */
  show(node: number): void {
    const { events } = this.#model;
    if (node < 0 || events.length === 0) return;
    this.#at = node < events.length ? node : this.#lastUntil(nodeNs(this.#model, node));
    const at = this.#at;
    const { name, args, timeNs } = events[at]!;
    this.#place.textContent = `after ${name} ${eventText(this.#model, at)}, ${clock(this.#model, timeNs)} after the trace began`;
    const before = at === 0 ? null : this.#machine.at(at - 1);
    const frame = this.#machine.at(at);
    const { phase, iteration } = this.#machine;
    const drawn = {
      frame,
      before,
      phase,
      iteration,
      drive: this.#drive,
      things: thingsOf(name, (_place, arg) => args[arg]),
      picking: 'mark its events',
      pick: (thing: Thing) => this.#parts.mark(this.#about(thing)),
    };
    this.#stage.replaceChildren(...machine(drawn));
    this.#stage.dataset.event = String(at);
  }

  #about(thing: Thing): number[] {
    return this.#model.events.flatMap(({ name, args }, event) =>
      mentions(name, (_place, arg) => args[arg], thing) ? [event] : [],
    );
  }

  #within(event: number): number {
    return Math.max(0, Math.min(this.#model.events.length - 1, event));
  }

  /** The last event until a time. */
  #lastUntil(timeNs: number): number {
    const later = this.#model.events.findIndex((event) => event.timeNs > timeNs);
    return this.#within((later < 0 ? this.#model.events.length : later) - 1);
  }
}
