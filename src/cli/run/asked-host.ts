import { F_GETFL, F_SETFD, F_SETFL, FD_CLOEXEC, O_NONBLOCK } from '../../host/constants.ts';
import { check } from '../../host/errno.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import { asFutexWait, asPoll } from '../../host/lenses/futex.ts';
import { HostLens } from '../../host/lenses/lens.ts';
import { ASK_FD } from './worker-fds.ts';

/** The longest that a request waits, ns. */
const LOOK_NS = 20e6;
const BYTES = 64;

/**
 * The kernel of a run that another process may ask for something. Its thread is in the run until
 * that ends, so it looks for requests before each wait, and now and then in a long one. The run,
 * and its record, know nothing of that.
 */
export class AskedHost extends HostLens {
  readonly #bytes: HostBuffer;
  readonly #answer: () => void;
  #nextMs = 0;

  /** @param answer called for each request that was seen */
  constructor(host: Host, answer: () => void) {
    super(host);
    this.#bytes = host.alloc(BYTES);
    this.#answer = answer;
    const flags = check(host.fcntl(ASK_FD, F_GETFL, 0), 'fcntl F_GETFL');
    check(host.fcntl(ASK_FD, F_SETFL, flags | O_NONBLOCK), 'fcntl F_SETFL');
    check(host.fcntl(ASK_FD, F_SETFD, FD_CLOEXEC), 'fcntl F_SETFD');
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    return this.#wait(timeoutNs, (ns) => this.host.poll(fds, nfds, ns));
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    return this.#wait(timeoutNs, (ns) => this.host.epollWait(epfd, events, max, ns));
  }

  override futexWait(
    words: Int32Array,
    index: number,
    expected: number,
    timeoutNs: number,
  ): number {
    const wait = (ns: number): number => asPoll(this.host.futexWait(words, index, expected, ns));
    return asFutexWait(this.#wait(timeoutNs, wait));
  }

  /** @param wait waits for this many ns, and returns 0 when they are over */
  #wait(timeoutNs: number, wait: (ns: number) => number): number {
    let leftNs = timeoutNs < 0 ? Number.POSITIVE_INFINITY : timeoutNs;
    this.#look();
    for (; leftNs > LOOK_NS; leftNs -= LOOK_NS) {
      const ret = wait(LOOK_NS);
      if (ret !== 0) return ret;
      this.#look();
    }
    return wait(leftNs);
  }

  #look(): void {
    const nowMs = performance.now();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + LOOK_NS / 1e6;
    if (this.host.read(ASK_FD, this.#bytes, 0, BYTES) > 0) this.#answer();
  }
}
