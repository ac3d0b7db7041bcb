import type { Host } from '../../host/host.ts';
import { outside } from '../../host/record/outside.ts';
import type { Outputs } from '../output/outputs.ts';
import { colorEnv, type Style, wantsColor } from '../text/style.ts';
import type { LogFile } from './log-file.ts';

const STDERR = 2;

/** The most text kept for a slow reader. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Makes the line that tells how many parts of the log are lost. */
export type LostLine = (parts: number) => string;

/** Writes the log. A reader that is slow or gone never holds up the children. */
export class LogTarget {
  readonly #host: Host;
  readonly #outputs: Outputs;
  readonly #file: LogFile | null;
  readonly #color: boolean;
  readonly #isTerminal: boolean;
  readonly #lostLine: LostLine;
  readonly #encoder = new TextEncoder();
  #lost = 0;
  /** Whether the last line there has no end. */
  #isCut = false;

  /** @param file null for stderr */
  constructor(
    host: Host,
    outputs: Outputs,
    file: LogFile | null,
    color: 'auto' | 'always' | 'never',
    lostLine: LostLine,
  ) {
    this.#lostLine = lostLine;
    this.#host = host;
    this.#outputs = outputs;
    this.#file = file;
    this.#isTerminal = host.isatty(file?.fd ?? STDERR);
    this.#color = wantsColor(color, this.#isTerminal, colorEnv(host));
  }

  get state(): readonly unknown[] {
    return [this.#lost, this.#isCut, this.#file?.state];
  }

  /** Writes whole lines with one write. */
  readonly write = (text: string): void => {
    const broken = this.#file?.look() ?? null;
    if (broken !== null) {
      this.#lost += broken.lost;
      this.#isCut = broken.isSame && (this.#isCut || broken.isCut);
    }
    const fd = this.#file?.fd ?? STDERR;
    const output = this.#outputs.of(fd);
    if (output.waiting > MOST_WAITING || output.errors.has(fd)) {
      this.#lost++;
      return;
    }
    const end = this.#isCut ? '\n' : '';
    const note = this.#lost === 0 ? '' : this.#lostLine(this.#lost);
    output.write(fd, this.#encoder.encode(end + note + text));
    // If it fails at once, the output counts it.
    if (output.errors.has(fd)) return;
    this.#lost = 0;
    this.#isCut = false;
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
