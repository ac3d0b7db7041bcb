/** A terminal with a screen, on which a program's output is drawn, and with keys to type. */

import xterm from '@xterm/headless';
import { within } from './patience.ts';
import { Pty, type PtyOptions } from './pty.ts';

export type TerminalOptions = Omit<PtyOptions, 'onData'>;

/** How a program on a terminal ended, and all that it and its children wrote there. */
export interface TerminalEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** A place on the screen. Colors are the numbers of the palette. */
export interface Cell {
  readonly text: string;
  readonly color: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
}

/** The codes that xterm sends for keys. */
const KEYS: Readonly<Record<string, string>> = {
  Enter: '\r',
  Escape: '\x1b',
  Tab: '\t',
  BackTab: '\x1b[Z',
  Backspace: '\x7f',
  Space: ' ',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Right: '\x1b[C',
  Left: '\x1b[D',
  Home: '\x1b[H',
  End: '\x1b[F',
  PageUp: '\x1b[5~',
  PageDown: '\x1b[6~',
};

/** One character, `C-c` for Ctrl-C, or a name. */
function codeOf(key: string): string {
  const control = /^C-([a-z])$/.exec(key);
  if (control !== null) return String.fromCharCode(control[1]!.charCodeAt(0) & 0x1f);
  const code = [...key].length === 1 ? key : KEYS[key];
  if (code === undefined) throw new Error(`no key is called ${key}`);
  return code;
}

export class Terminal {
  /** All that was written to it, as it came. */
  output = '';
  readonly #pty: Pty;
  readonly #screen: InstanceType<typeof xterm.Terminal>;
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<TerminalEnd>;
  #hasEnded = false;

  constructor(file: string, args: readonly string[], options: TerminalOptions = {}) {
    const { columns = 80, rows = 24, env = process.env } = options;
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const decoder = new TextDecoder();
    const onData = (data: Uint8Array): void => {
      this.output += decoder.decode(data, { stream: true });
      this.#screen.write(data, () => this.#look());
    };
    this.#pty = new Pty(file, args, { ...options, env: { ...env, TERM: 'xterm' }, onData });
    // Answers to a program that asks where the cursor is, and the like.
    this.#screen.onData((text) => this.type(text));
    this.#ended = this.#untilEnd();
  }

  get pid(): number {
    return this.#pty.child.pid!;
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#pty.write(text);
  }

  /** Types a text as it is, and Enter. */
  line(text: string): void {
    this.type(`${text}\r`);
  }

  /** Types keys: single characters, `C-c`, or the names Enter, Escape, Tab, BackTab, Up… */
  keys(...keys: readonly string[]): void {
    this.type(keys.map(codeOf).join(''));
  }

  /** The programs on it get SIGWINCH. */
  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Stops reading the output, until {@link resume}. */
  pause(): void {
    this.#pty.pause();
  }

  resume(): void {
    this.#pty.resume();
  }

  /** Takes the terminal away: its session gets SIGHUP. */
  hangUp(): void {
    this.#pty.hangUp();
  }

  /** Takes it away from a program that may still run, and ends that. */
  async kill(): Promise<void> {
    this.hangUp();
    this.#pty.child.kill('SIGKILL');
    await this.#ended;
  }

  /** Whether a program shows the alternate screen. */
  get isAlternate(): boolean {
    return this.#screen.buffer.active.type === 'alternate';
  }

  /** The text on the screen, without the spaces at the ends of lines. */
  screen(): string {
    return this.#rows((line) => `${line.translateToString().trimEnd()}\n`).join('');
  }

  /** The screen, place by place. */
  cells(): Cell[][] {
    return this.#rows((line) => {
      const cells = Array.from({ length: this.#screen.cols }, (_, x) => line.getCell(x)!);
      return cells.map((cell) => ({
        text: cell.getChars() || ' ',
        color: cell.isFgPalette() ? cell.getFgColor() : undefined,
        bold: cell.isBold() !== 0,
        dim: cell.isDim() !== 0,
        inverse: cell.isInverse() !== 0,
      }));
    });
  }

  #rows<T>(read: (line: xterm.IBufferLine) => T): T[] {
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.#screen.rows }, (_, y) =>
      read(active.getLine(active.baseY + y)!),
    );
  }

  /** Resolves with the match once the screen has it; rejects once it can no longer come. */
  until(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#await(String(pattern), () => this.#drawn((screen) => pattern.exec(screen)));
  }

  /** Resolves once the screen no longer has it. */
  async untilGone(pattern: RegExp): Promise<void> {
    const gone = (screen: string): true | null => (pattern.test(screen) ? null : true);
    await this.#await(`the end of ${pattern}`, () => this.#drawn(gone));
  }

  /** Resolves once the main screen is shown. */
  async untilMainScreen(): Promise<void> {
    await this.#await('the main screen', () => (this.isAlternate ? null : true));
  }

  /** Resolves with the match once the output has it, even if the screen has lost it again. */
  untilOutput(pattern: RegExp): Promise<RegExpExecArray> {
    return this.#await(String(pattern), () => pattern.exec(this.output));
  }

  /** Resolves when the program has ended, and nobody has the terminal open. */
  end(): Promise<TerminalEnd> {
    return within(() => this.#inVain('the end'), this.#ended);
  }

  /** Reads the screen; null while a frame is half drawn. */
  #drawn<T>(read: (screen: string) => T | null): T | null {
    return this.#screen.modes.synchronizedOutputMode ? null : read(this.screen());
  }

  async #await<T>(what: string, find: () => T | null): Promise<T> {
    const { promise, settle } = withSettle<T>();
    const look = (): void => {
      const found = find();
      if (found !== null) settle(found);
      else if (this.#hasEnded) settle(new Error(`ended without ${this.#inVain(what)}`));
    };
    this.#waiting.add(look);
    look();
    try {
      return await within(() => this.#inVain(what), promise);
    } finally {
      this.#waiting.delete(look);
    }
  }

  #inVain(what: string): string {
    return `${what}:\n${this.screen()}\n-- all output:\n${JSON.stringify(this.output)}`;
  }

  #look(): void {
    for (const look of this.#waiting) look();
  }

  async #untilEnd(): Promise<TerminalEnd> {
    const { child, closed } = this.#pty;
    const exited = new Promise((resolve, reject) =>
      child.once('exit', resolve).once('error', reject),
    );
    await Promise.all([exited, closed]);
    // The last output must be drawn before the end is reported.
    await new Promise<void>((resolve) => this.#screen.write('', resolve));
    this.#hasEnded = true;
    this.#look();
    return { status: child.exitCode, signal: child.signalCode, output: this.output };
  }
}

function withSettle<T>(): { promise: Promise<T>; settle: (result: T | Error) => void } {
  let settle!: (result: T | Error) => void;
  const promise = new Promise<T>((resolve, reject) => {
    settle = (result) => (result instanceof Error ? reject(result) : resolve(result));
  });
  return { promise, settle };
}
