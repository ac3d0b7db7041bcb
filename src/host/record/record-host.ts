import type { HostCallName } from '../calls.ts';
import { CLOCK_MONOTONIC } from '../constants.ts';
import { ENOSYS } from '../errno.ts';
import type { Host, HostBuffer, NewThread, SignalPipe } from '../host.ts';
import type { NodeWait } from '../node-wait.ts';
import { LastArgs } from './frequent.ts';
import { KeptHost } from './kept-host.ts';
import { type Marks, stateSum } from './marks.ts';
import { GENERIC_CALLS, type Op, op, pollSum } from './ops.ts';
import type { Stamps, Threads } from './outside.ts';
import { recordNodeWait, recordSignalPipe } from './record-objects.ts';
import { newRecorder, Recorder, type RecordWriter } from './recorder.ts';
import {
  contentBefore,
  writeEvents,
  writeNumber,
  writeNumbers,
  writeResult,
  writeRevents,
  writeThrown,
} from './results.ts';
import { RecordRing } from './ring.ts';
import {
  firstThread,
  type RecordedThreads,
  type RecordTicket,
} from './threads/recorded-threads.ts';
import { TurnLens } from './threads/turn-lens.ts';

const CLOCK = op('clockNs');
const POLL = op('poll');
const EPOLL_WAIT = op('epollWait');
const READ = op('read');
const WRITE = op('write');

/** Times from here on may have a rest, see Host.clockRestNs. */
export const EXACT_NS = 2 ** 53;
/** Clocks have small numbers. */
export const MOST_CLOCKS = 16;

/**
 * Records every answer of the kernel, so that ReplayHost can give it again. Node's own loop cannot be
 * recorded: it is refused with -ENOSYS.
 */
export class RecordHost extends KeptHost implements Stamps, Marks, Threads {
  readonly #recorder: Recorder;
  readonly #realNs: () => number;
  #objects = 0;
  /** The last reading of each clock. */
  readonly #clocks = new Float64Array(MOST_CLOCKS);
  #last = new LastArgs();
  readonly #ring: RecordRing | null;
  /** Null until there is a second thread. */
  #threads: RecordedThreads | null = null;
  #hasEnded = false;

  /**
   * @param host the kernel
   * @param to gets the record: a ring, a writer, or the recorder of a thread
   * @param realNs CLOCK_MONOTONIC for trace events, ns
   */
  constructor(
    host: Host,
    to: RecordWriter | RecordRing | Recorder,
    realNs: () => number = () => host.clockNs(CLOCK_MONOTONIC),
  ) {
    super(host);
    this.#realNs = realNs;
    this.#ring = to instanceof RecordRing ? to : null;
    this.#recorder = to instanceof Recorder ? to : newRecorder(to);
  }

  static {
    for (const name of GENERIC_CALLS) {
      if (Object.hasOwn(RecordHost.prototype, name)) continue;
      const what = op(name);
      const value = function (this: RecordHost, ...args: readonly unknown[]): unknown {
        return this.#call(what, args);
      };
      Object.defineProperty(RecordHost.prototype, name, { value, configurable: true });
    }
  }

  /** Writes what was not written yet, also while main sleeps and another thread has its turn. */
  flush(): void {
    if (this.#threads === null) this.#recorder.flush();
    else this.#threads.turns.within(() => this.#recorder.flush());
  }

  /** The program has ended: a record without this was cut off. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#recorder.begin(op('end'), []);
    this.#recorder.flush();
    this.#threads?.turns.end();
  }

  leaveThreads(): void {
    this.end();
  }

  get wantsMark(): boolean {
    return this.#ring?.wantsMark(this.#recorder.sink.length) ?? false;
  }

  mark(state: string, counts: readonly number[]): readonly number[] {
    const recorder = this.#recorder;
    const sum = stateSum(state);
    const nowNs = this.#realNs();
    recorder.flush();
    this.#ring?.mark(sum);
    this.#last = new LastArgs();
    this.#clocks.fill(0);
    recorder.restart(nowNs);
    recorder.begin(op('mark'), [sum]);
    writeNumbers(recorder.sink, [nowNs, ...counts]);
    return counts;
  }

  /** Records what the program has learned elsewhere. It must be plain data. See outside(). */
  outside<T>(what: string, get: () => T): T {
    const value = get();
    this.#recorder.begin(op('outside'), [what]);
    this.#recorder.sink.text(JSON.stringify(value) ?? 'null');
    return value;
  }

  /** The time of a trace event, which is recorded. See Stamps. */
  timeOf(event: number, nowNs: () => number): number {
    return this.#recorder.time(event, nowNs());
  }

  /** CLOCK_MONOTONIC, which is not recorded. */
  realNs(): number {
    return this.#realNs();
  }

  #call(what: Op, args: readonly unknown[]): unknown {
    const recorder = this.#recorder;
    const before = contentBefore(what, args);
    let result: unknown;
    try {
      result = (this.host[what.name as HostCallName] as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      recorder.begin(what, args);
      writeThrown(recorder.sink, error);
      throw error;
    }
    // Now, since other threads may have had their turns meanwhile.
    recorder.begin(what, args);
    writeResult(recorder.sink, what, args, result, before);
    return result;
  }

  override clockNs(clock: number): number {
    const ns = this.host.clockNs(clock);
    const recorder = this.#recorder;
    if (clock === this.#last.clock) recorder.again(CLOCK);
    else {
      recorder.begin(CLOCK, [clock]);
      this.#last.clock = clock;
    }
    const { sink } = recorder;
    if (ns >= 0 && clock < MOST_CLOCKS) {
      const past = ns - this.#clocks[clock]!;
      this.#clocks[clock] = ns;
      if (Number.isInteger(ns)) sink.number(past);
      else sink.escaped(ns);
      if (ns >= EXACT_NS) sink.number(this.host.clockRestNs);
    } else sink.escaped(ns);
    return ns;
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const recorder = this.#recorder;
    if (timeoutNs !== 0) recorder.sleeps();
    const sum = pollSum(fds, nfds);
    const ret = this.host.poll(fds, nfds, timeoutNs);
    const last = this.#last.poll;
    if (nfds === last.nfds && timeoutNs === last.timeoutNs && sum === last.sum) {
      recorder.answerAgain(POLL, ret);
    } else {
      recorder.begin(POLL, [fds, nfds, timeoutNs]);
      recorder.sink.number(ret);
      last.nfds = nfds;
      last.timeoutNs = timeoutNs;
      last.sum = sum;
    }
    if (ret > 0) writeRevents(recorder.sink, fds, nfds, ret);
    return ret;
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    const recorder = this.#recorder;
    if (timeoutNs !== 0) recorder.sleeps();
    const ret = this.host.epollWait(epfd, events, max, timeoutNs);
    const last = this.#last.wait;
    if (last.is(epfd, events, max, timeoutNs)) recorder.answerAgain(EPOLL_WAIT, ret);
    else {
      recorder.begin(EPOLL_WAIT, [epfd, events, max, timeoutNs]);
      recorder.sink.number(ret);
      last.set(epfd, events, max, timeoutNs);
    }
    if (ret > 0) writeEvents(recorder.sink, events, ret, this);
    return ret;
  }

  override read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const ret = this.host.read(fd, buf, offset, count);
    const recorder = this.#recorder;
    const last = this.#last.read;
    if (last.is(fd, buf, offset, count)) recorder.answerAgain(READ, ret);
    else {
      recorder.begin(READ, [fd, buf, offset, count]);
      recorder.sink.number(ret);
      last.set(fd, buf, offset, count);
    }
    if (ret > 0) recorder.sink.data(buf.u8, offset, offset + ret);
    return ret;
  }

  override write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const ret = this.host.write(fd, buf, offset, count);
    const recorder = this.#recorder;
    const last = this.#last.write;
    if (ret >= 0 && last.is(fd, buf, offset, count) && last.hasData(buf, offset, count)) {
      recorder.answerAgain(WRITE, ret);
      return ret;
    }
    recorder.begin(WRITE, [fd, buf, offset, count]);
    recorder.sink.number(ret);
    if (ret < 0) {
      last.forget();
      return ret;
    }
    last.set(fd, buf, offset, count);
    last.setData(buf, offset, count);
    return ret;
  }

  /** Its listeners make calls of their own, which come before it in the record. */
  override close(fd: number): number {
    if (Number.isInteger(fd)) this.closeListeners.tell(fd);
    return this.#call(op('close'), [fd]) as number;
  }

  look<T>(act: () => T): T {
    return act();
  }

  /** The recorded host stays: it is its maker's. */
  override dispose(): void {}

  /** The calls of the thread are recorded too. Simulated threads are not: their run is the same anyway. */
  override newThread(name: string): NewThread | number {
    const made = this.kind === 'sim' ? -ENOSYS : this.host.newThread(name);
    if (typeof made !== 'number' && this.#threads === null) {
      this.takeTurns(firstThread(this.#recorder));
    }
    const number = typeof made === 'number' ? made : this.#threads!.turns.addThread();
    this.#recorder.begin(op('newThread'), [name]);
    writeNumber(this.#recorder.sink, number);
    if (typeof made === 'number') return made;
    const { words, bytes } = this.#threads!;
    const ticket: RecordTicket = { kind: 'recorded', of: made.ticket, number, words, bytes };
    return { ticket, transfer: made.transfer };
  }

  /** This thread shares the record with others. */
  protected takeTurns(threads: RecordedThreads): void {
    this.#threads = threads;
    this.host = new TurnLens(this.host, threads.turns);
    threads.turns.take();
  }

  override openNodeWait(round: () => void): NodeWait {
    return recordNodeWait(this.host, this.#recorder, ++this.#objects, round);
  }

  override openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    return recordSignalPipe(this.host, this.#recorder, ++this.#objects, tell);
  }
}
