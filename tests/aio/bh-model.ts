/**
 * The behaviour of bottom halves, as simply as possible: a list of those that came since
 * the last round, newest first, and a queue of those that rounds have begun. It shares
 * only names with the code.
 */

const IDLE_NS = 10_000_000;

export type BhOp =
  | {
      readonly op: 'schedule' | 'scheduleIdle' | 'cancel' | 'delete' | 'oneshot';
      readonly bh: number;
    }
  | { readonly op: 'poll' };

interface Half {
  readonly id: number;
  readonly once: boolean;
  due: boolean;
  idle: boolean;
  dead: boolean;
  /** Whether it is on `fresh` or in `begun`. */
  listed: boolean;
  /** Whether it was freed, so that nobody may touch it. */
  gone: boolean;
}

export class BhModel {
  /** Called when bottom half number `id` runs, as its callback. */
  readonly #run: (id: number) => void;
  readonly #halves: Half[];
  #fresh: Half[] = [];
  #begun: Half[] = [];

  constructor(count: number, run: (id: number) => void) {
    this.#run = run;
    this.#halves = Array.from({ length: count }, (_, id) => newHalf(id, false));
  }

  gone(id: number): boolean {
    return this.#halves[id]!.gone;
  }

  schedule(id: number): void {
    const half = this.#halves[id]!;
    half.due = true;
    this.#list(half);
  }

  scheduleIdle(id: number): void {
    this.#halves[id]!.idle = true;
    this.schedule(id);
  }

  cancel(id: number): void {
    this.#halves[id]!.due = false;
  }

  delete(id: number): void {
    const half = this.#halves[id]!;
    half.dead = true;
    this.#list(half);
  }

  oneshot(id: number): void {
    const half = newHalf(id, true);
    half.due = true;
    this.#list(half);
  }

  poll(): boolean {
    this.#begun.push(...this.#fresh);
    this.#fresh = [];
    let progress = false;
    for (let half = this.#begun.shift(); half !== undefined; half = this.#begun.shift()) {
      const { due, idle } = half;
      half.listed = half.due = half.idle = false;
      if (half.dead) half.gone = true;
      else if (due) {
        progress ||= !idle;
        if (half.once) half.gone = true;
        this.#run(half.id);
      }
    }
    return progress;
  }

  timeoutNs(): number {
    const due = [...this.#fresh, ...this.#begun].filter((half) => half.due && !half.dead);
    if (due.some((half) => !half.idle)) return 0;
    return due.length > 0 ? IDLE_NS : -1;
  }

  scheduled(id: number): boolean {
    const half = this.#halves[id]!;
    return !half.gone && half.due && !half.dead;
  }

  #list(half: Half): void {
    if (half.listed) return;
    half.listed = true;
    this.#fresh.unshift(half);
  }
}

function newHalf(id: number, once: boolean): Half {
  return { id, once, due: false, idle: false, dead: false, listed: false, gone: false };
}
