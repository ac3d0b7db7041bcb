import type { Key } from './keys.ts';
import type { Pacer } from './pacer.ts';

/** The parts of the screen that can have all of it. */
export const SECTIONS = ['children', 'fds', 'bottom halves', 'timers', 'output', 'events'] as const;
export type SectionName = (typeof SECTIONS)[number];

/** What keys may do beyond the view itself. */
export interface Actions {
  /** Sends a signal to a child, by its number. Returns what to say about it. */
  kill(number: number, hard: boolean): string;
  quit(): void;
  suspend(): void;
  redraw(): void;
}

/** What is asked for on the last line: a filter, or which child to kill. */
export interface Prompt {
  readonly kind: 'filter' | 'kill';
  text: string;
}

/** What a key does, and what the person has set by keys. */
export class Controls {
  /** Lines of events and output without it are not shown. */
  filter = '';
  prompt: Prompt | null = null;
  help = false;
  /** The section that has the whole screen; null: all share it. */
  focus: SectionName | null = null;
  /** Lines that the section in focus, or the events, are scrolled by, from where they begin to be shown. */
  scroll = 0;
  /** Said once on the last line. */
  message = '';
  readonly #pacer: Pacer;
  readonly #actions: Actions;

  constructor(pacer: Pacer, actions: Actions) {
    this.#pacer = pacer;
    this.#actions = actions;
  }

  press(key: Key, page: number): void {
    this.message = '';
    if (key === 'ctrl-c') this.#actions.quit();
    else if (key === 'ctrl-z') this.#actions.suspend();
    else if (key === 'ctrl-l') this.#actions.redraw();
    else if (this.prompt !== null) this.#type(this.prompt, key);
    else if (this.help) this.help = false;
    else if (!this.#pace(key) && !this.#move(key, page)) this.#others(key);
  }

  #pace(key: Key): boolean {
    const pacer = this.#pacer;
    if (key === ' ') {
      if (pacer.running) pacer.stepIteration();
      else pacer.run();
    } else if (key === 's' || key === '.') pacer.stepIteration();
    else if (key === 'p') pacer.stepPhase();
    else if (key === '-') pacer.slower();
    else if (key === '+' || key === '=') pacer.faster();
    else return false;
    return true;
  }

  #move(key: Key, page: number): boolean {
    const steps: Readonly<Record<Key, number>> = {
      up: 1,
      down: -1,
      pageup: page,
      pagedown: -page,
      home: Number.MAX_SAFE_INTEGER,
      end: Number.MIN_SAFE_INTEGER,
    };
    const by = steps[key];
    if (by === undefined) return false;
    // Output and events are shown from their end, and go back; the tables from their top.
    const fromEnd = this.focus === null || this.focus === 'output' || this.focus === 'events';
    this.scroll = Math.max(0, this.scroll + (fromEnd ? by : -by));
    return true;
  }

  /** How far a section is scrolled, of which so many lines cannot be seen. */
  scrolled(name: SectionName, hidden: number): number {
    if (name !== (this.focus ?? 'events')) return 0;
    this.scroll = Math.min(this.scroll, Math.max(0, hidden));
    return this.scroll;
  }

  #others(key: Key): void {
    switch (key) {
      case '?':
      case 'h':
        this.help = true;
        break;
      case '/':
        this.prompt = { kind: 'filter', text: this.filter };
        break;
      case 'k':
        this.prompt = { kind: 'kill', text: '' };
        break;
      case 'tab':
        this.#focusBy(1);
        break;
      case 'backtab':
        this.#focusBy(-1);
        break;
      case 'escape':
        this.filter = '';
        this.focus = null;
        this.scroll = 0;
        break;
      case 'q':
        this.#actions.quit();
        break;
      default:
    }
  }

  #focusBy(step: number): void {
    const order: (SectionName | null)[] = [null, ...SECTIONS];
    const at = order.indexOf(this.focus) + step + order.length;
    this.focus = order[at % order.length]!;
    this.scroll = 0;
  }

  #type(prompt: Prompt, key: Key): void {
    if (key === 'escape') {
      this.prompt = null;
      if (prompt.kind === 'filter') this.filter = '';
    } else if (key === 'backspace') {
      prompt.text = [...prompt.text].slice(0, -1).join('');
    } else if (key === 'enter' || (prompt.kind === 'kill' && key === '!')) {
      this.prompt = null;
      if (prompt.kind === 'kill') this.#kill(prompt.text, key === '!');
    } else if ([...key].length === 1 && (prompt.kind === 'filter' || /\d/.test(key))) {
      prompt.text += key;
    }
    if (prompt.kind === 'filter' && this.prompt === prompt) this.filter = prompt.text;
  }

  #kill(text: string, hard: boolean): void {
    if (text !== '') this.message = this.#actions.kill(Number(text), hard);
  }
}
