import type { MessagePort } from 'node:worker_threads';
import { receiveMessageOnPort } from 'node:worker_threads';
import { ESRCH } from '../host/errno.ts';
import type { Host } from '../host/host.ts';
import { hasThread } from '../host/thread-ids.ts';
import type { Reply } from './job.ts';
import { errorFrom, recordOf } from './thread-error.ts';
import { ENDED, STARTING, ThreadWords } from './thread-words.ts';

/** How often a wait looks whether the thread is gone without a word. */
const LOOK_NS = 100_000_000;
const LOOK_GONE_NS = 500_000;

const NEVER_BEGAN =
  "the thread ended before its program began: a file of the library's is damaged or gone, or Node had no memory for it";

/** A thread, as the one that started it sees it. */
export class ThreadRun {
  readonly name: string;
  readonly words = new ThreadWords();
  /** Ends its sleep, if it sleeps. */
  wake: () => void = () => {};
  /** Takes an error that ended it; by default it is thrown in this thread. */
  onError: ((error: Error) => void) | null = null;
  /** Called when it has ended, however that was. */
  onEnd: (() => void) | null = null;
  /** Called when its Worker is gone, unless somebody has joined it before. */
  onLost: (() => void) | null = null;

  /** Told by a thread that has ended in order: the part of its context that stays. */
  left: unknown = null;

  readonly #host: Host;
  readonly #port: MessagePort;
  /** See hasThread: its own one is among them, unless the list is empty. */
  readonly #ids: readonly string[];
  #value: unknown;
  #failure: Error | null = null;
  /** The error that onError has got. */
  #told: Error | null = null;
  #leak: Error | null = null;
  #ended = false;
  #isLost = false;

  constructor(host: Host, name: string, port: MessagePort, ids: readonly string[]) {
    this.#host = host;
    this.#ids = ids;
    this.name = name;
    this.#port = port;
    port.on('message', (reply: Reply) => {
      this.#take(reply);
      this.tell();
    });
    // An IOThread does not keep the process alive, as a thread of C does not.
    port.unref();
  }

  /** Sends the thread a message, which its function takes by ThreadSelf.receive. */
  post(message: unknown): void {
    this.#port.postMessage(message);
  }

  /** Whether it has ended. */
  get ended(): boolean {
    return this.#ended || this.words.state === ENDED;
  }

  /** Whether it ended by itself, and its Worker may do something else. */
  get isWhole(): boolean {
    return !this.#isLost && this.words.state === ENDED && !this.words.exits;
  }

  /** The error of its end that nobody has got yet. */
  get failure(): Error | null {
    return this.#failure;
  }

  /**
   * Blocks until it runs. Returns what it told then.
   * @throws the error that it ended by before
   */
  waitRunning(): unknown {
    while (this.words.state === STARTING && !this.#ended) this.#sleep(STARTING);
    // An error that has ended it since then comes out by its own ways.
    while (this.#value === undefined && this.#takeOne());
    this.#throwFailure();
    return this.#value;
  }

  /**
   * Blocks until it has ended, and its kernel thread is gone.
   */
  join(): void {
    for (;;) {
      const { state } = this.words;
      if (state === ENDED || this.#ended) break;
      this.#sleep(state);
    }
    this.#takeAll();
    if (this.#host.kind === 'linux') this.#untilGone();
    this.end();
  }

  /** Throws the error that it ended by, unless somebody has got it. */
  check(): void {
    this.#takeAll();
    this.tell();
  }

  /** The error that it ended by, which onError gets too, and nobody else; null if there is none. */
  takeFailure(): Error | null {
    this.#takeAll();
    try {
      this.tell();
    } catch (error) {
      return error as Error;
    }
    return this.#told;
  }

  /** It was terminated, and is gone. */
  lost(): void {
    this.#isLost = true;
    this.onLost?.();
    this.words.state = ENDED;
    this.end();
  }

  /** Its Worker is gone: by `error`, or by itself. */
  died(error: Error | null, status: number): void {
    if (this.#ended) return;
    this.#takeAll();
    if (!this.ended && this.#failure === null) {
      const told = error ?? new Error(`the thread ended with exit status ${status}`);
      this.#failure = errorFrom(recordOf(told), this.name);
    }
    this.lost();
    this.tell();
  }

  /** The error of its context's finalization, once. */
  takeLeak(): Error | null {
    const leak = this.#leak;
    this.#leak = null;
    return leak;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#port.close();
    this.onEnd?.();
  }

  /** Gives the error of its end to onError, or throws it. */
  tell(): void {
    if (this.#failure === null) return;
    if (this.onError === null) this.#throwFailure();
    const failure = this.#failure;
    this.#failure = null;
    this.#told = failure;
    this.onError?.(failure!);
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure === null) return;
    this.end();
    throw failure;
  }

  #takeAll(): void {
    while (this.#takeOne());
  }

  #takeOne(): boolean {
    if (this.#ended) return false;
    const got = receiveMessageOnPort(this.#port) as { message: Reply } | undefined;
    if (got !== undefined) this.#take(got.message);
    return got !== undefined;
  }

  #take(reply: Reply): void {
    if (reply.is === 'running') this.#value = reply.value;
    else if (reply.is === 'left') this.left = reply.value;
    else if (reply.is === 'failed') this.#failure ??= errorFrom(reply.error, this.name);
    else this.#leak ??= errorFrom(reply.error, this.name);
  }

  /** Sleeps while it is in this state. */
  #sleep(state: number): void {
    // The simulated kernel loses no thread, and its time would pass.
    const timeoutNs = this.#host.kind === 'sim' ? -1 : LOOK_NS;
    const { array, stateIndex, tid } = this.words;
    this.#host.futexWait(array, stateIndex, state, timeoutNs);
    if (this.words.state !== state) return;
    if (tid !== 0 && this.#isGone()) this.died(null, 0);
    else if (tid === 0 && this.#neverBegan()) this.died(new Error(NEVER_BEGAN), 1);
  }

  /** Its Worker is gone, and its program has not even told its id. */
  #neverBegan(): boolean {
    const ids = this.#ids;
    return ids.length > 0 && !ids.some(hasThread) && this.words.tid === 0;
  }

  #untilGone(): void {
    while (!this.#isGone()) {
      const { array, stateIndex } = this.words;
      this.#host.futexWait(array, stateIndex, this.words.state, LOOK_GONE_NS);
    }
  }

  #isGone(): boolean {
    const { tid } = this.words;
    return tid === 0 || this.#host.tgkill(this.#host.getpid(), tid, 0) === -ESRCH;
  }
}
