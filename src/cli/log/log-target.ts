import type { Host } from '../../host/host.ts';
import { outside } from '../../host/record/outside.ts';
import type { Outputs } from '../output/outputs.ts';
import { colorEnv, type Style, wantsColor } from '../text/style.ts';
import type { LogFile } from './log-file.ts';

const STDERR = 2;

/** The most text kept for a slow reader. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Writes the log. A reader that is slow or gone never holds up the children. */
export class LogTarget {
  readonly #host: Host;
  readonly #outputs: Outputs;
  readonly #file: LogFile | null;
  readonly #color: boolean;
  readonly #isTerminal: boolean;
  readonly #encoder = new TextEncoder();
  #lost = 0;

  /** @param file null for stderr */
  constructor(
    host: Host,
    outputs: Outputs,
    file: LogFile | null,
    color: 'auto' | 'always' | 'never',
  ) {
    this.#host = host;
    this.#outputs = outputs;
    this.#file = file;
    this.#isTerminal = host.isatty(file?.fd ?? STDERR);
    this.#color = wantsColor(color, this.#isTerminal, colorEnv(host));
  }

  get state(): readonly unknown[] {
    return [this.#lost, this.#file?.state];
  }

  /** Writes whole lines with one write. */
  readonly write = (text: string): void => {
    this.#file?.look();
    const fd = this.#file?.fd ?? STDERR;
    const output = this.#outputs.of(fd);
    if (output.waiting > MOST_WAITING) {
      this.#lost++;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    const note =
      lost === 0 ? '' : `qemu-loop: the log was not read, ${lost} parts of it are lost\n`;
    output.write(fd, this.#encoder.encode(note + text));
  };

  /** Asks for the width each time, since terminals change theirs. */
  readonly style = (): Style => {
    const isStderr = this.#isTerminal && this.#file === null;
    const width = isStderr ? outside(this.#host, 'the width', stderrWidth) : 0;
    return { color: this.#color, width };
  };
}

function stderrWidth(): number {
  return process.stderr.getWindowSize?.()[0] ?? 0;
}
