import type { Host } from '../../host/host.ts';
import type { Output } from '../output/output.ts';
import { type Style, wantsColor } from '../text/style.ts';

/** More than this is not kept for a reader that does not read. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Where the log goes. A reader that is slow or gone never holds the children up. */
export class LogTarget {
  readonly #output: Output;
  readonly #fd: number;
  readonly #color: boolean;
  readonly #isTerminal: boolean;
  readonly #encoder = new TextEncoder();
  #lost = 0;

  constructor(host: Host, output: Output, fd: number, color: 'auto' | 'always' | 'never') {
    this.#output = output;
    this.#fd = fd;
    this.#isTerminal = host.isatty(fd);
    this.#color = wantsColor(color, this.#isTerminal, process.env);
  }

  /** Writes whole lines with one write. */
  readonly write = (text: string): void => {
    if (this.#output.waiting > MOST_WAITING) {
      this.#lost++;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    const note =
      lost === 0 ? '' : `qemu-loop: the log was not read, ${lost} parts of it are lost\n`;
    this.#output.write(this.#fd, this.#encoder.encode(note + text));
  };

  /** The width is asked for each time, since terminals change theirs. */
  readonly style = (): Style => {
    const width =
      this.#isTerminal && this.#fd === 2 ? (process.stderr.getWindowSize?.()[0] ?? 0) : 0;
    return { color: this.#color, width };
  };
}
