import { CLOCK_MONOTONIC } from '../constants.ts';
import { ENOSYS } from '../errno.ts';
import type { Host, HostBuffer, NewThread, SignalPipe } from '../host.ts';
import type { NodeWait } from '../node-wait.ts';
import { RecordReadError } from './errors.ts';
import type { ReplayedFile } from './file.ts';
import type { HostFacts } from './header.ts';
import { KeptHost } from './kept-host.ts';
import { type Marks, stateSum } from './marks.ts';
import { GENERIC_CALLS, isBuffer, type Op, op, pollSum } from './ops.ts';
import type { Stamps, Threads } from './outside.ts';
import { Player } from './player.ts';
import { EXACT_NS, MOST_CLOCKS } from './record-host.ts';
import { replayNodeWait, replaySignalPipe } from './replay-objects.ts';
import { readFills, readNumber, readNumbers, readRevents } from './results.ts';
import { replayThread } from './threads/replayed-threads.ts';

const CLOCK = op('clockNs');
const POLL = op('poll');

/** Gets what the program writes, in its own words: the descriptor it wrote to, and the bytes. */
export type WrittenListener = (fd: number, bytes: Uint8Array) => void;

/**
 * Answers as the kernel did when the record was made, and checks that each call is the recorded
 * one. There is no kernel, no child, and no time to wait.
 *
 * A call that is not the recorded one throws ReplayDivergence, one after the record's end
 * RecordEnd, and a damaged one RecordReadError; so does each call after it.
 */
export class ReplayHost extends KeptHost implements Stamps, Marks, Threads {
  /** Gets what is written, as far as the kernel took it. */
  onWritten: WrittenListener = () => {};
  /** Gets each file that is opened: its path and descriptor. */
  onOpened: (path: string, fd: number) => void = () => {};
  /** Called at a mark after a part that was left out, with the counts before and after it. */
  onLeftOut: (before: readonly number[], after: readonly number[]) => void = () => {};
  readonly #file: ReplayedFile;
  protected readonly player: Player;
  readonly #facts: HostFacts;
  #objects = 0;
  /** Whether the replay is at its end, and only later calls fail. */
  #isClosed = false;
  #looks = false;
  readonly #clocks = new Float64Array(MOST_CLOCKS);
  #restNs = 0;
  #nowNs = 0;
  #clock = Number.NaN;
  #poll = { nfds: -1, timeoutNs: Number.NaN, sum: -1 };

  /** @param memory allocates: nothing else of it is used */
  constructor(file: ReplayedFile, memory: Host) {
    super(memory);
    this.#file = file;
    this.#facts = file.header.facts;
    this.player = new Player(file);
    const { kind, description, epollStride, epollDataWord } = this.#facts;
    Object.assign(this, { kind, description, epollStride, epollDataWord });
  }

  static {
    for (const name of GENERIC_CALLS) {
      if (Object.hasOwn(ReplayHost.prototype, name)) continue;
      const what = op(name);
      const value = function (this: ReplayHost, ...args: readonly unknown[]): unknown {
        return this.#call(what, args);
      };
      Object.defineProperty(ReplayHost.prototype, name, { value, configurable: true });
    }
  }

  /** Tells where the run is, for messages: the iteration of the main loop. */
  placeBy(iteration: () => number): void {
    this.player.iteration = iteration;
  }

  /** Calls the listener when an error ends the replay, with the error. */
  set onEnded(listener: (error: Error) => void) {
    this.player.onEnded = listener;
  }

  /** The error that has ended the replay; null if there was none. */
  get ended(): Error | null {
    return this.#isClosed ? null : this.player.ended;
  }

  /**
   * Call it when the program has ended.
   * @throws ReplayDivergence if the record goes on, RecordEnd if it was cut off
   */
  finish(): void {
    this.player.finish();
  }

  leaveThreads(): void {
    if (this.player.ended !== null) return;
    this.player.finish();
    this.#isClosed = true;
    this.player.close();
  }

  outside<T>(what: string, _get: () => T): T {
    this.player.begin(op('outside'), [what]);
    try {
      return JSON.parse(this.player.source.text()) as T;
    } catch (error) {
      if (error instanceof SyntaxError) throw new RecordReadError(`'${what}' cannot be read`);
      throw error;
    }
  }

  /** The recorded time of a trace event; about the same for one that was not on then. */
  timeOf(event: number, nowNs: () => number): number {
    const ns = this.player.time(event);
    return Number.isNaN(ns) ? Math.max(this.player.timeNs, nowNs()) : ns;
  }

  /** The last recorded reading of CLOCK_MONOTONIC. */
  realNs(): number {
    return this.#nowNs;
  }

  /**
   * Calls act, for which the clocks stand still, and the kernel knows nothing: a view of the run
   * asks more than the run itself has.
   */
  look<T>(act: () => T): T {
    const before = this.#looks;
    this.#looks = true;
    try {
      return act();
    } finally {
      this.#looks = before;
    }
  }

  get wantsMark(): boolean {
    return this.player.isNext(op('mark'));
  }

  mark(state: string, counts: readonly number[]): readonly number[] {
    const player = this.player;
    player.begin(op('mark'), [stateSum(state)]);
    const [nowNs = 0, ...recorded] = readNumbers(player.source);
    player.restart(nowNs);
    this.#nowNs = nowNs;
    this.#clocks.fill(0);
    this.#clock = Number.NaN;
    this.#poll.nfds = -1;
    if (recorded.some((one, i) => !Object.is(one, counts[i]))) this.onLeftOut(counts, recorded);
    return recorded;
  }

  /** Ends the replay before an iteration: each later call throws. */
  stop(iteration: number): never {
    return this.player.stop(iteration);
  }

  override get handlerAddress(): number {
    return this.#facts?.handlerAddress;
  }

  override get keepsBlocked(): boolean {
    return this.#facts?.keepsBlocked ?? true;
  }

  #call(what: Op, args: readonly unknown[]): unknown {
    if (this.#looks) return what.call.result === 'numbers' ? [] : -ENOSYS;
    const player = this.player;
    player.begin(what, args);
    const { source } = player;
    const number = readNumber(source);
    switch (what.call.result) {
      case 'numbers':
        return this.#list(number);
      case 'boolean':
        return number !== 0;
      case 'token':
        return number < 0 ? number : { signals: readNumbers(source) };
      default:
        readFills(source, what, args, number);
        return number;
    }
  }

  #list(count: number): number[] {
    const { source } = this.player;
    if (!(count >= 0 && count <= source.bytes.length)) {
      throw new RecordReadError(`byte ${source.at}: a list of ${count} numbers`);
    }
    return Array.from({ length: count }, () => source.plain());
  }

  override clockNs(clock: number): number {
    if (this.#looks) return this.#clocks[clock] ?? 0;
    const player = this.player;
    if (!(clock === this.#clock && player.again(CLOCK))) {
      player.begin(CLOCK, [clock]);
      this.#clock = clock;
    }
    const { source } = player;
    this.#restNs = 0;
    const isWhole = source.isEscaped;
    const value = readNumber(source);
    if (isWhole && !(value >= 0 && clock < MOST_CLOCKS)) return value;
    const ns = isWhole ? value : this.#clocks[clock]! + value;
    this.#clocks[clock] = ns;
    if (ns >= EXACT_NS) this.#restNs = source.plain();
    if (clock === CLOCK_MONOTONIC) this.#nowNs = ns;
    return ns;
  }

  override get clockRestNs(): number {
    return this.#restNs;
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    const player = this.player;
    const last = this.#poll;
    const sum = pollSum(fds, nfds);
    const isSame = nfds === last.nfds && timeoutNs === last.timeoutNs && sum === last.sum;
    if (!(isSame && player.again(POLL))) {
      player.begin(POLL, [fds, nfds, timeoutNs]);
      last.nfds = nfds;
      last.timeoutNs = timeoutNs;
      last.sum = sum;
    }
    const ret = readNumber(player.source);
    if (ret >= 0 && sum >= 0) readRevents(player.source, fds, nfds, ret);
    return ret;
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    const player = this.player;
    player.begin(op('epollWait'), [epfd, events, max, timeoutNs]);
    const { source } = player;
    const ret = readNumber(source);
    if (ret <= 0) return ret;
    const { i32: words } = events;
    if (ret * this.epollStride > words.length) {
      throw new RecordReadError(`byte ${source.at}: more events than were asked for`);
    }
    for (let i = 0; i < ret; i++) {
      const at = i * this.epollStride;
      words[at] = source.uint();
      words[at + this.epollDataWord] = source.uint();
      words[at + this.epollDataWord + 1] = source.uint();
    }
    return ret;
  }

  override write(fd: number, buf: HostBuffer, offset: number, count: number): number {
    const ret = this.#call(op('write'), [fd, buf, offset, count]) as number;
    if (ret > 0 && isBuffer(buf)) this.onWritten(fd, buf.u8.subarray(offset, offset + ret));
    return ret;
  }

  override open(path: string, flags: number, mode: number): number {
    const fd = this.#call(op('open'), [path, flags, mode]) as number;
    if (fd >= 0) this.onOpened(path, fd);
    return fd;
  }

  /** Its listeners make calls of their own, which come before it in the record. */
  override close(fd: number): number {
    if (Number.isInteger(fd)) this.closeListeners.tell(fd);
    return this.#call(op('close'), [fd]) as number;
  }

  override newThread(name: string): NewThread | number {
    return this.#looks ? -ENOSYS : replayThread(this.player, this.#file, name);
  }

  override openNodeWait(round: () => void): NodeWait {
    return replayNodeWait(this.player, ++this.#objects, round);
  }

  override openSignalPipe(tell: (signo: number) => void): SignalPipe | number {
    return replaySignalPipe(this.player, ++this.#objects, tell);
  }
}
