import type { Key } from './keys.ts';
import type { Pace, Pacer } from './pacer.ts';
import type { Sought } from './search.ts';

/** The parts of the screen that can be shown alone. */
const SECTIONS = [
  'threads',
  'children',
  'fds',
  'bottom halves',
  'timers',
  'output',
  'events',
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** An iteration to go to: by its number, or seen from the one that is shown. */
export type Where = number | 'before' | 'last event' | Sought;

/** Actions of keys that reach beyond the view itself. */
export interface Actions {
  /** Sends a signal to a child, by its number. Returns a message about it. */
  kill(number: number, hard: boolean): string;
  quit(): void;
  /** Goes to another iteration. Returns a message if it cannot; '' if it can. */
  travel(where: Where): string;
  /** Takes a step if an iteration of the past is shown; false if none is. */
  stepFromPast(step: Pace): boolean;
  suspend(): void;
  redraw(): void;
}

/** A question on the last line: a filter, which child to kill, or which iteration to go to. */
export interface Prompt {
  readonly kind: 'filter' | 'kill' | 'go';
  text: string;
}

const PACES: Readonly<Record<Key, Pace>> = {
  ' ': 'run',
  s: 'iteration',
  '.': 'iteration',
  p: 'phase',
  t: 'turn',
};

/** Carries out keys, and holds what has been set by them. */
export class Controls {
  /** Hides the lines of events and output that do not contain it. */
  filter = '';
  prompt: Prompt | null = null;
  /** The last filter, which stays the text to search for once all lines are shown again. */
  sought = '';
  help = false;
  /** Whether the event at the lowest line shown is explained. */
  explain = false;
  /** The section that has the whole screen; null if all share it. */
  focus: SectionName | null = null;
  /** Lines by which the section in focus, or the events, are scrolled from their start position. */
  scroll = 0;
  /** Whether there are threads to show, and whether the run can be stepped by their turns. */
  hasThreads = false;
  takesTurns = false;
  /** Shown once on the last line. */
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
    const pace = PACES[key];
    const isKnown = pace !== undefined && (pace !== 'turn' || this.takesTurns);
    if (isKnown && this.#actions.stepFromPast(pace)) return true;
    if (key === ' ') {
      if (pacer.running) pacer.stepIteration();
      else pacer.run();
    } else if (key === 's' || key === '.') pacer.stepIteration();
    else if (key === 'p') pacer.stepPhase();
    else if (key === 't' && this.takesTurns) pacer.stepTurn();
    else if (key === 'b') this.message = this.#actions.travel('before');
    else if (key === 'B') this.message = this.#actions.travel('last event');
    else if (key === 'n' || key === 'N') this.message = this.#search(key === 'n');
    else if (key === '-') pacer.slower();
    else if (key === '+' || key === '=') pacer.faster();
    else return false;
    return true;
  }

  #search(isForward: boolean): string {
    if (this.sought === '') return 'type / and a text first';
    return this.#actions.travel({ text: this.sought, isForward });
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
    // Output and events start at their end and scroll back; tables start at their top.
    const fromEnd = this.focus === null || this.focus === 'output' || this.focus === 'events';
    this.scroll = Math.max(0, this.scroll + (fromEnd ? by : -by));
    return true;
  }

  /**
   * Lines by which a section is scrolled.
   * @param hidden number of its lines that do not fit
   */
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
      case 'x':
        this.explain = !this.explain;
        // Only events have reasons.
        if (this.focus !== 'events') this.focus = null;
        break;
      case '/':
        this.prompt = { kind: 'filter', text: this.filter };
        break;
      case 'g':
        this.prompt = { kind: 'go', text: '' };
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
        this.explain = false;
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
    const sections = SECTIONS.filter((name) => this.hasThreads || name !== 'threads');
    const order: (SectionName | null)[] = [null, ...sections];
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
      if (prompt.kind === 'filter' && prompt.text !== '') this.sought = prompt.text;
      if (prompt.kind === 'go' && prompt.text !== '') {
        this.message = this.#actions.travel(Number(prompt.text));
      }
    } else if ([...key].length === 1 && (prompt.kind === 'filter' || /\d/.test(key))) {
      prompt.text += key;
    }
    if (prompt.kind === 'filter' && this.prompt === prompt) this.filter = prompt.text;
  }

  #kill(text: string, hard: boolean): void {
    if (text !== '') this.message = this.#actions.kill(Number(text), hard);
  }
}
