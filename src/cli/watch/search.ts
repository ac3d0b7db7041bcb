/** The search for a text in the events of a run, before and after the iteration that is shown. */

import type { MainLoop } from '../../mainloop/main-loop.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { liveText } from '../log/live-text.ts';
import { isListed, type Model } from './model.ts';
import { fdNames } from './tables.ts';

const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** A text to look for: in the next iterations, or in those before. */
export interface Sought {
  readonly text: string;
  readonly isForward: boolean;
}

export class Search {
  readonly text: string;
  /** The last iteration that has the text; 0 if none has yet. */
  found = 0;
  readonly isForward: boolean;
  /** The first and the last iteration to look at. */
  readonly #from: number;
  readonly #to: number;
  readonly #lower: string;

  constructor({ text, isForward }: Sought, from: number, to: number) {
    this.text = text;
    this.isForward = isForward;
    this.#lower = text.toLowerCase();
    this.#from = from;
    this.#to = to;
  }

  /** Takes an event of the run. */
  takeEvent(loop: MainLoop, model: Model, id: EventId, args: readonly TraceValue[]): void {
    if (!this.#looksAt(model.iteration) || !isListed(id, args)) return;
    if (EVENT_NAMES[id]!.includes(this.#lower)) {
      this.found = model.iteration;
      return;
    }
    const isPoll = id === EV.poll_enter || id === EV.poll_return;
    const names = { fds: isPoll ? fdNames(loop) : NO_NAMES, coroutines: model.coroutines };
    const { func, text } = liveText(id, args, names);
    this.takeText(model.iteration, `${func} ${text}`);
  }

  /** Takes a line of the order log, or of output. */
  takeText(iteration: number, text: string): void {
    if (!this.#looksAt(iteration)) return;
    if (text.toLowerCase().includes(this.#lower)) this.found = iteration;
  }

  #looksAt(iteration: number): boolean {
    return iteration >= this.#from && iteration <= this.#to;
  }
}
