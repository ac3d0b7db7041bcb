import type { Host, HostBuffer } from '../../host/host.ts';

/** The most waits without a first look, after looks that found nothing. */
const MAX_SKIPPED_LOOKS = 63;

/**
 * A poll with a timeout first queues itself on every fd, which makes it cost half as much again as a
 * look without one. A busy loop therefore looks first; one that mostly sleeps does so at fewer and
 * fewer of its waits, since for it the look is wasted.
 */
export class FirstLook {
  readonly #host: Host;
  /** Waits without a first look still to come, and how many the last miss caused. */
  #skip = 0;
  #penalty = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Looks first at the next wait, as at the start. */
  restart(): void {
    this.#skip = 0;
    this.#penalty = 0;
  }

  /** Host.poll. @param probed how many of the nfds the look covers */
  poll(pollfds: HostBuffer, nfds: number, probed: number, timeoutNs: number): number {
    if (timeoutNs !== 0 && this.#skip > 0) {
      this.#skip--;
      return this.#host.poll(pollfds, nfds, timeoutNs);
    }
    const ret = this.#host.poll(pollfds, probed, 0);
    if (ret !== 0 || timeoutNs === 0) {
      this.#penalty = 0;
      return ret;
    }
    this.#penalty = Math.min(2 * this.#penalty + 1, MAX_SKIPPED_LOOKS);
    this.#skip = this.#penalty;
    return this.#host.poll(pollfds, nfds, timeoutNs);
  }
}
