/**
 * The threads of the simulated process, and who has the processor. Exactly one of them runs, in
 * JavaScript too: the others' Workers sleep. Time goes on for all alike, as on a machine with a
 * processor for each: it is only the order of their steps that one processor and a seed decide.
 *
 * A thread may lose the processor at the end of each call. Main enters the kernel: for itself, or,
 * while it sleeps or waits for its turn, for another thread. Alone, it has nothing to decide.
 */
import type { VirtualClock } from './clock.ts';
import type { Draw } from './draw.ts';
import {
  ASLEEP,
  BUSY,
  deadlockOf,
  type SleepingCall,
  sleepAlone,
  soonestNs,
  type Thread,
} from './thread.ts';

/** Yields in a row after which each takes longer, since the thread waits for time to pass. */
const MANY_YIELDS = 16;
const YIELD_NS = 1000;
const MOST_LAST_TURNS = 100;

export class Scheduler {
  readonly main: Thread;
  /** The thread that makes the call that the kernel is in. */
  current: Thread;
  /** Those that have not ended, in order of birth: main first. */
  readonly threads: Thread[];
  /** Whether there are others than main. */
  several = false;
  readonly draw: Draw;
  readonly #clock: VirtualClock;
  /** Counts changes of the kernel's state, so that a sleeper is asked again only after one. */
  #version = 1;
  /** An error of the outside world, to come out in main. */
  #failure: { readonly error: unknown } | null = null;
  #yields = 0;
  /** Whether the current thread keeps the processor after this call; null if that is drawn. */
  #verdict: boolean | null = null;
  readonly #ready: Thread[] = [];

  constructor(clock: VirtualClock, main: Thread, draw: Draw) {
    this.#clock = clock;
    this.main = main;
    this.current = main;
    main.started = true;
    this.threads = [main];
    this.draw = draw;
  }

  /** When a wait of timeoutNs that begins now ends; Infinity if negative. */
  deadlineNs(timeoutNs: number): number {
    return timeoutNs < 0 ? Infinity : this.#clock.nowNs + timeoutNs;
  }

  /**
   * A thread is made. It may run from the next call in which its maker sleeps or yields: until then
   * the maker starts the Worker.
   */
  born(thread: Thread): void {
    thread.maker = this.current;
    thread.blockedLo = this.current.blockedLo;
    thread.blockedHi = this.current.blockedHi;
    this.threads.push(thread);
    this.several = true;
  }

  /** A thread has ended, or will never run again. */
  gone(thread: Thread): void {
    thread.call?.over();
    thread.call = null;
    this.#startMadeBy(thread);
    if (this.threads.includes(thread)) this.threads.splice(this.threads.indexOf(thread), 1);
    this.several = this.threads.length > 1;
    this.#version++;
  }

  /**
   * Puts the current thread to sleep in a call that has just been tried. Returns the call's result;
   * ASLEEP to a thread other than main, whose call ends later.
   * @throws SimDeadlockError in main, if nothing can ever end the sleep of any thread
   */
  sleep(call: SleepingCall, deadlineNs: number): number {
    const thread = this.current;
    thread.begin();
    if (!this.several) return sleepAlone(this.#clock, call, deadlineNs);
    this.#clock.refuseInEvent(call.what);
    thread.call = call;
    thread.deadlineNs = deadlineNs;
    this.#startMadeBy(thread);
    this.#look(thread, call);
    return thread === this.main ? this.#untilMain(null) : ASLEEP;
  }

  /** The current thread is busy for ns nanoseconds, while others go on. */
  compute(ns: number): number {
    if (!this.several) {
      this.#clock.advance(ns);
      return 0;
    }
    const result = this.sleep(BUSY, this.deadlineNs(ns));
    if (result !== ASLEEP) this.#mayChange();
    return result;
  }

  /**
   * A call of the current thread ends: it takes its time, and if it is main's, others may go first.
   * @param quiet whether the call has changed nothing that a sleeper could wait for
   */
  done(result: number, quiet = false): number {
    if (result === ASLEEP) return result;
    if (!this.#clock.isStill) this.#yields = 0;
    if (!quiet) this.#version++;
    this.#outside(false);
    if (this.current === this.main) this.#mayChange();
    return result;
  }

  /** A call begins, before which events whose time is open may come. */
  look(): void {
    this.#outside(true);
  }

  /** sched_yield(2). */
  yield(): number {
    if (!this.several) return this.done(0);
    const yields = this.#yields + 1;
    this.#startMadeBy(this.current);
    if (yields > MANY_YIELDS && !this.#clock.isStill && this.runnable() === 0) {
      const ret = this.compute(YIELD_NS);
      this.#yields = yields;
      return ret;
    }
    // A draw lets others run sooner or later; with Choices a yield must.
    if (this.draw.isChosen && !this.#clock.isStill) this.decide(false);
    this.done(0, true);
    this.#yields = yields;
    return 0;
  }

  /** Says whether the current thread keeps the processor after this call, in place of a draw. */
  decide(keeps: boolean): void {
    this.#verdict = keeps;
  }

  /** Whether the current thread keeps the processor, at a place of choice. */
  keeps(): boolean {
    const verdict = this.#verdict;
    this.#verdict = null;
    if (verdict !== null) return verdict;
    return this.runnable() === 0 || this.draw.keeps();
  }

  /** How many threads other than the current one could run. */
  runnable(): number {
    let n = 0;
    for (const thread of this.threads) {
      if (thread !== this.current && this.#mayRun(thread)) n++;
    }
    return n;
  }

  /** Main ends: the threads that could run do so, until they sleep or end, but not for ever. */
  settle(): void {
    for (let left = MOST_LAST_TURNS; left > 0; left--) {
      this.current = this.main;
      const next = this.#pickOther();
      if (next === null) return;
      this.#run(next);
    }
    this.current = this.main;
  }

  #mayChange(): void {
    if (!this.several || this.#clock.isStill || this.keeps()) return;
    const next = this.#pickOther();
    if (next !== null) this.#untilMain(next);
  }

  /** Lets others run, from this one on if given, until it is main's turn. Returns main's result. */
  #untilMain(first: Thread | null): number {
    const { main } = this;
    try {
      let next = first ?? this.#pick(null);
      for (; next !== main; next = this.#pick(null)) this.#run(next);
      return main.result;
    } finally {
      main.call?.over();
      main.call = null;
      this.current = main;
    }
  }

  /** Gives a thread the processor, until it sleeps, has lost it, or has ended. */
  #run(thread: Thread): void {
    const runner = thread.runner!;
    do {
      this.current = thread;
      runner.resume();
      const result = runner.execute();
      const failure = this.#failure;
      this.#failure = null;
      if (failure !== null) throw failure.error;
      if (result === ASLEEP || !this.threads.includes(thread)) return;
    } while (this.keeps());
  }

  /** Draws who goes on, among all but `except`; time passes if nobody can. */
  #pick(except: Thread | null): Thread {
    for (;;) {
      const next = this.#draw(except);
      if (next !== null) return next;
      this.#passTime();
    }
  }

  /** Draws who goes on in place of the current thread, which could too; null if nobody else can. */
  #pickOther(): Thread | null {
    const { current } = this;
    const next = this.#draw(current);
    this.current = current;
    return next;
  }

  #draw(except: Thread | null): Thread | null {
    const ready = this.#ready;
    for (;;) {
      ready.length = 0;
      for (const thread of this.threads) {
        if (thread !== except && this.#mayRun(thread)) ready.push(thread);
      }
      if (ready.length === 0) return null;
      const next = this.draw.oneOf(ready);
      if (next.call === null || this.#wakes(next, next.call)) return next;
    }
  }

  #mayRun(thread: Thread): boolean {
    if (!thread.started) return false;
    if (thread.call === null || thread.seen !== this.#version) return true;
    return thread.deadlineNs <= this.#clock.nowNs;
  }

  /** Asks a sleeping thread's call again; returns whether it is over. */
  #wakes(thread: Thread, call: SleepingCall): boolean {
    this.current = thread;
    let result = call.again();
    if (result === ASLEEP && thread.deadlineNs <= this.#clock.nowNs) result = call.late();
    if (result === ASLEEP) {
      this.#look(thread, call);
      return false;
    }
    call.over();
    thread.call = null;
    thread.result = result;
    if (call === BUSY) return true;
    this.#version++;
    if (thread !== this.main) this.#outside(false);
    return true;
  }

  /** A call sleeps: it has seen the kernel's state, and may have changed it. */
  #look(thread: Thread, call: SleepingCall): void {
    if (call.moved) this.#version++;
    call.moved = false;
    thread.seen = this.#version;
  }

  /** Nobody can run: the next event happens, or the next timeout is over. */
  #passTime(): void {
    const deadlineNs = soonestNs(this.threads);
    if (deadlineNs === Infinity && this.#clock.nextEventNs() === Infinity) {
      throw deadlockOf(this.threads, this.#clock.nowNs);
    }
    this.current = this.main;
    if (this.#clock.sleep('', deadlineNs)) this.#version++;
  }

  /** A call begins or ends. The outside world acts as main, and its errors come out there. */
  #outside(begins: boolean): void {
    const { current } = this;
    this.current = this.main;
    try {
      if (begins ? this.#clock.look('event') : this.#clock.tick()) this.#version++;
    } catch (error) {
      if (current === this.main) throw error;
      this.#failure ??= { error };
    } finally {
      this.current = current;
    }
  }

  /** A thread sleeps, yields or ends: the Workers of those that it made exist by now. */
  #startMadeBy(maker: Thread): void {
    for (const thread of this.threads) if (thread.maker === maker) thread.started = true;
  }
}
