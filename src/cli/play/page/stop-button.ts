import { button } from '../../report/page/dom.ts';

/** A run shorter than this is not worth a button. */
const WORTH_MS = 500;

/** Ends a run that takes long; it is there only meanwhile. */
export class StopButton {
  readonly element: HTMLButtonElement;
  #shown = 0;

  constructor(stop: () => void) {
    this.element = button('stop the run', stop, { id: 'stop' });
    this.element.hidden = true;
  }

  show(isBusy: boolean): void {
    clearTimeout(this.#shown);
    if (!isBusy) this.element.hidden = true;
    else {
      this.#shown = window.setTimeout(() => {
        this.element.hidden = false;
      }, WORTH_MS);
    }
  }
}
