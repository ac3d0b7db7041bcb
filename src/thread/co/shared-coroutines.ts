import { assertionFailed, QemuAbort } from '../../aio/abort.ts';
import { AioContext } from '../../aio/aio-context.ts';
import { alreadyScheduled, type Coroutine, SHARED } from '../../coroutine/coroutine.ts';
import type { Coroutines } from '../../coroutine/coroutines.ts';
import { checkFunction, checkObject, checkString, shown } from '../../host/arguments.ts';
import { CO_LIST } from '../context-words.ts';
import type { QemuThread } from '../qemu-thread.ts';
import type { RemoteContext } from '../remote-context.ts';
import { CoContexts, MAIN } from './co-contexts.ts';
import {
  type CoRecord,
  type CoroutineHandle,
  checkExists,
  NEXT_SCHEDULED,
  newRecord,
  nextOf,
  recordOf,
  takeOldestFirst,
} from './co-records.ts';
import { type MovingBody, MovingCoroutine } from './moving-coroutine.ts';
import { SharedCoroutine } from './shared-coroutine.ts';
import { State } from './state.ts';

/** A coroutine as it is in this thread, and how often it had moved when it came. */
interface Local {
  readonly co: Coroutine;
  readonly moves: number;
}

/**
 * The coroutines of a thread that others may schedule and wake, and those that others made.
 *
 * A generator cannot leave its thread. So a coroutine that is shared stays at home: other threads
 * may wake it and schedule it, and hand it locks, but it runs in the thread that made it. A
 * coroutine that is made of an entry moves: each thread has registered the entry's body, and what
 * goes from one to the other is the entry's name, a label, and numbers. The body begins anew there,
 * at its label: see MovingCoroutine.
 */
export class SharedCoroutines {
  readonly thread: QemuThread;
  /** Those of this thread's context; null if it has none, and so can only wake others. */
  readonly coroutines: Coroutines | null;
  /** @internal */
  readonly records: Int32Array;
  readonly #contexts: CoContexts;
  /** The number of this thread's context; -1 if it has none. */
  readonly #context: number;
  readonly #entries = new Map<string, MovingBody>();
  /** By number. One that has ended is replaced when its number is used again. */
  readonly #known: (CoRecord | undefined)[] = [];
  readonly #local = new Map<number, Local>();

  /**
   * @param coroutines those of this thread's context, or of the main loop's in main
   * @throws RangeError if the machine has no room for another context; Error if something of the
   *   context is shared already
   */
  constructor(thread: QemuThread, coroutines: Coroutines | null) {
    this.thread = thread;
    this.coroutines = coroutines;
    const { machine, host } = thread;
    this.records = machine.handle.coroutines;
    this.#contexts = new CoContexts(machine.handle, host, thread.trace);
    this.#context = -1;
    if (coroutines === null) return;
    thread.enterCo = (number) => this.enterSoon(this.#recordOf(number), this.#context);
    const { ctx } = coroutines;
    this.#context = this.#contexts.join(ctx, coroutines, ctx === machine.mainContext);
    coroutines.arrivals = {
      drain: () => this.#drain(coroutines),
      acquire: () => thread.beginCoroutine(ctx),
      release: () => thread.endCoroutine(ctx),
    };
  }

  /** Registers the body of coroutines that move. Each thread that they run in needs it. */
  addEntry(name: string, body: MovingBody): void {
    checkString(name, 'SharedCoroutines.addEntry: the name');
    checkFunction(body, `SharedCoroutines.addEntry: the body of '${name}'`);
    this.#entries.set(name, body);
  }

  /**
   * Makes a coroutine of an entry, which any thread may schedule, wake, or enter.
   * @param numbers up to 12 integers that go where it goes
   * @throws RangeError if the machine has no room for another one. QEMU: qemu_coroutine_create.
   */
  create(entry: string, ...numbers: number[]): SharedCoroutine {
    const record = newRecord(this.records, entry);
    record.numbers.set(numbers);
    return new SharedCoroutine(this, record);
  }

  /** Lets other threads schedule and wake a coroutine of this one, which stays here. */
  share(co: Coroutine): SharedCoroutine {
    if (co.shared instanceof State) return new SharedCoroutine(this, co.shared.record);
    const record = newRecord(this.records, '', co.id);
    record.home = this.#context;
    if (co.scheduled !== null) record.claim(co.scheduled);
    if (co.caller !== null) record.enter();
    this.#adopt(co, record);
    return new SharedCoroutine(this, record);
  }

  /** @throws TypeError if it is not a handle; QemuAbort if the coroutine has ended */
  from(handle: CoroutineHandle): SharedCoroutine {
    checkObject(handle, 'SharedCoroutines.from: the handle', 'a result of SharedCoroutine.share');
    if (handle.kind !== 'coroutine') {
      throw new TypeError(
        `SharedCoroutines.from: kind is ${shown(handle.kind)}: expected coroutine`,
      );
    }
    const record = recordOf(this.records, handle);
    return new SharedCoroutine(this, record);
  }

  /** The running coroutine. @throws QemuAbort if none runs */
  self(where: string): SharedCoroutine {
    const { coroutines } = this;
    if (coroutines === null || !coroutines.inCoroutine) {
      throw assertionFailed(where, 'qemu_in_coroutine()');
    }
    return this.share(coroutines.self);
  }

  /** The number of this thread's context, by which any thread can name it: main's is 0; -1 for none. */
  get contextNumber(): number {
    return this.#context;
  }

  /** The number of the current context; -1 if there is none, or it is another thread's. */
  get currentContext(): number {
    const { coroutines, thread } = this;
    return coroutines !== null && thread.currentContext === coroutines.ctx ? this.#context : -1;
  }

  /** The number of any context. @throws Error if it has no shared coroutines @internal */
  numberOf(context: AioContext | RemoteContext): number {
    const memory = context instanceof AioContext ? context.share().words : context.handle.words;
    const number = this.#contexts.find(memory);
    if (number >= 0) return number;
    throw new Error(`context '${context.name}' has no SharedCoroutines yet`);
  }

  /** QEMU: aio_co_schedule. @internal */
  schedule(record: CoRecord, context: number): void {
    checkExists(record);
    if (record.entry === '' && context !== record.home) {
      throw new Error('a coroutine that is made of no entry cannot leave its thread');
    }
    if (!record.claim('aio_co_schedule')) throw scheduledAlready('aio_co_schedule', record);
    if (!this.#contexts.schedule(context, record)) {
      throw new Error('aio_co_schedule: the context is closed');
    }
  }

  /** QEMU: aio_co_enter. @internal */
  enterSoon(record: CoRecord, context: number): void {
    if (context !== this.currentContext) {
      if (context === MAIN && this.#runsMain) this.#enterInMain(record);
      else this.schedule(record, context);
      return;
    }
    const { coroutines, thread } = this;
    const co = this.#localOf(record.number);
    if (coroutines!.inCoroutine) coroutines!.enterSoon(co);
    else {
      thread.beginCoroutine(coroutines!.ctx);
      try {
        coroutines!.enter(co);
      } finally {
        thread.endCoroutine(coroutines!.ctx);
      }
    }
  }

  #enterInMain(record: CoRecord): void {
    if (record.scheduledBy !== null) throw scheduledAlready('qemu_aio_coroutine_enter', record);
    this.thread.enterInMain(record.number);
  }

  /** Whether main's context is the current one, though this is not its thread. */
  get #runsMain(): boolean {
    const { currentContext, machine } = this.thread;
    return (
      machine.mainContext === null && currentContext !== null && currentContext === machine.main
    );
  }

  /** QEMU: qemu_coroutine_enter. @internal */
  enter(record: CoRecord): void {
    const { coroutines } = this;
    checkExists(record);
    if (coroutines === null) throw new Error('a thread without Coroutines cannot enter one');
    if (record.scheduledBy !== null) throw scheduledAlready('qemu_aio_coroutine_enter', record);
    coroutines.enter(this.#localOf(record.number));
  }

  /** QEMU: aio_co_wake. @internal */
  wake(record: CoRecord): void {
    checkExists(record);
    const { home } = record;
    if (home < 0) throw new QemuAbort('aio_co_wake: Co-routine was never entered');
    this.enterSoon(record, home);
  }

  /** aio_co_wake by a number, of a coroutine that waits. @internal */
  wakeNumber(number: number): void {
    this.wake(this.#recordOf(number));
  }

  /** The number of the context where a coroutine ran last. @internal */
  homeOf(number: number): number {
    return this.#recordOf(number).home;
  }

  /** @internal */
  wantsRead(number: number): boolean {
    return this.#recordOf(number).wantsRead;
  }

  /**
   * The rest of aio_co_reschedule_self: a bottom half of this context schedules the coroutine in the
   * other, since that one must not enter it before it has yielded here. @internal
   */
  scheduleSelf(record: CoRecord, context: number): void {
    const { ctx } = this.coroutines!;
    ctx.scheduleOneshot('aio_co_reschedule_self_bh', () => {
      this.forget(record);
      this.schedule(record, context);
    });
  }

  /** The coroutine has ended, or goes on in another thread. @internal */
  forget(record: CoRecord): void {
    this.#local.delete(record.number);
  }

  /** The coroutine that has a number now. */
  #recordOf(number: number): CoRecord {
    let record = this.#known[number];
    if (record === undefined || !record.exists) {
      record = recordOf(this.records, number);
      this.#known[number] = record;
    }
    return record;
  }

  /** Takes the coroutines that were scheduled in this context, oldest first. */
  #drain(coroutines: Coroutines): void {
    const words = this.#contexts.wordsOf(this.#context);
    if (Atomics.load(words, CO_LIST) === 0) return;
    let number = takeOldestFirst(words, CO_LIST, this.records, NEXT_SCHEDULED);
    while (number !== 0) {
      const next = nextOf(this.records, number, NEXT_SCHEDULED);
      coroutines.append(this.#localOf(number));
      number = next;
    }
  }

  /** The coroutine of this number in this thread: where it stopped, or begun anew at its label. */
  #localOf(number: number): Coroutine {
    const record = this.#recordOf(number);
    const local = this.#local.get(number);
    if (local !== undefined && isSame(local, record)) return local.co;
    const body = this.#entries.get(record.entry);
    if (body === undefined) {
      throw new Error(`thread '${this.thread.name}' has no coroutine entry '${record.entry}'`);
    }
    record.moves++;
    const moving = new MovingCoroutine(this, record);
    const run = moving.run(body);
    const co = this.coroutines!.create(() => run, record.entry, undefined, record.traceId);
    this.#adopt(co, record, moving);
    return co;
  }

  #adopt(co: Coroutine, record: CoRecord, moving: MovingCoroutine | null = null): void {
    co.shared = new State(this, record, moving);
    co.scheduled = SHARED;
    this.#local.set(record.number, { co, moves: record.moves });
  }

  /** @internal */
  entered(record: CoRecord): void {
    record.home = this.#context;
  }
}

function isSame({ co: { shared }, moves }: Local, record: CoRecord): boolean {
  return (
    shared instanceof State &&
    shared.record.generation === record.generation &&
    moves === record.moves
  );
}

function scheduledAlready(where: string, { scheduledBy }: CoRecord): QemuAbort {
  return alreadyScheduled(where, { scheduledBy });
}
