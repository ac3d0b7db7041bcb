import type { TimerHandle, TimerNotify } from './handles.ts';
import { NO_SLOT, type QemuTimer } from './timer.ts';
import type { TimerBoard } from './wake/timer-board.ts';

/** A list of the group, as far as its shared timers need it: TimerList. */
export interface BoardList {
  readonly type: number;
  /** The deadline of the first timer that only this thread knows, ns; -1 if there is none. */
  readonly ownHeadNs: number;
  arm(timer: QemuTimer, expireTimeNs: number, restNs: number): boolean;
  disarm(timer: QemuTimer): boolean;
  take(nowNs: number, restNs: number): QemuTimer | null;
  isDue(nowNs: number): boolean;
}

/**
 * The timers of a group that other threads know, for its home thread. What those have done is taken
 * over before the home thread arms, disarms or runs a timer, and before it decides how long it sleeps:
 * so all threads see one list, in the order in which they armed.
 */
export class SharedTimers {
  readonly #board: TimerBoard;
  readonly #lists: readonly BoardList[];
  readonly #notify: TimerNotify;
  /** By slot; null for one that is free. */
  readonly #timers: (QemuTimer | null)[] = [];
  readonly #generations: number[] = [];
  readonly #free: number[] = [];
  /** The slots that were changed; kept to be used again. */
  readonly #changed: number[] = [];

  constructor(board: TimerBoard, lists: readonly BoardList[], notify: TimerNotify) {
    this.#board = board;
    this.#lists = lists;
    this.#notify = notify;
    this.lock();
    for (const list of lists) this.#board.setHead(list.type, list.ownHeadNs);
    this.#board.unlock();
  }

  share(list: BoardList, timer: QemuTimer): TimerHandle {
    if (timer.slot === NO_SLOT) this.#take(list, timer);
    const { slot, name, scale } = timer;
    return {
      kind: 'timer',
      name,
      scale,
      notify: this.#notify,
      board: this.#board.memory,
      slot,
      generation: this.#generations[slot]!,
    };
  }

  #take(list: BoardList, timer: QemuTimer): void {
    this.lock();
    try {
      const slot = this.#free.pop() ?? this.#timers.length;
      this.#generations[slot] = this.#board.create(slot, list.type);
      this.#timers[slot] = timer;
      timer.slot = slot;
    } finally {
      this.unlock(list, timer);
    }
  }

  unshare(timer: QemuTimer): void {
    const { slot } = timer;
    this.lock();
    this.#timers[slot] = null;
    timer.slot = NO_SLOT;
    if (this.#board.free(slot)) this.#free.push(slot);
    this.#board.unlock();
  }

  /** From here to unlock no other thread changes a timer, and what they have changed is known here. */
  lock(): void {
    this.#board.lock();
    if (this.#board.changed) this.#settle();
  }

  /** The home thread may have changed this timer. */
  unlock(list: BoardList, timer: QemuTimer): void {
    if (timer.slot !== NO_SLOT) this.#show(timer);
    this.#board.setHead(list.type, list.ownHeadNs);
    this.#board.unlock();
  }

  #show({ slot, armed, deadlineNs, restNs }: QemuTimer): void {
    if (armed) this.#board.arm(slot, deadlineNs, restNs);
    else this.#board.disarm(slot);
  }

  /** Takes over what other threads have done. */
  sync(): void {
    // Before the home thread sleeps: explore timers --without look
    if (!this.#board.changed) return;
    this.lock();
    this.#board.unlock();
  }

  #settle(): void {
    const board = this.#board;
    const changed = this.#changed;
    board.settle(changed);
    for (let i = 0; i < changed.length; i++) {
      const slot = changed[i]!;
      const timer = this.#timers[slot] ?? null;
      if (timer === null) continue;
      const list = this.#lists[board.type(slot)]!;
      const expireNs = board.expireNs(slot);
      if (expireNs < 0) list.disarm(timer);
      else list.arm(timer, expireNs, board.restNs(slot));
    }
  }

  /** The first timer of a list, if it is due: no other thread can disarm it from now on. */
  takeDue(list: BoardList, nowNs: number, restNs: number): QemuTimer | null {
    if (!list.isDue(nowNs) && !this.#board.changed) return null;
    this.lock();
    const timer = list.take(nowNs, restNs);
    if (timer === null) this.#board.unlock();
    else this.unlock(list, timer);
    return timer;
  }

  /** Makes all handles stale. */
  close(): void {
    this.lock();
    for (const [slot, timer] of this.#timers.entries()) {
      if (timer === null) continue;
      timer.slot = NO_SLOT;
      this.#board.free(slot);
    }
    this.#board.unlock();
  }
}
