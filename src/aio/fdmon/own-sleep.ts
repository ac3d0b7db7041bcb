import { POLLFD_SIZE, POLLIN } from '../../host/constants.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import type { AioHandler } from '../handler.ts';

/**
 * A sleep that the record of FdMon.addOwn ends too, for a monitor whose descriptor must not hold that
 * record: a main loop polls the descriptor, and Node may watch the main loop's.
 */
export class OwnSleep {
  /** Null if there is none. */
  own: AioHandler | null = null;
  readonly #host: Host;
  readonly #pollfds: HostBuffer;

  constructor(host: Host) {
    this.#host = host;
    this.#pollfds = host.alloc(2 * POLLFD_SIZE);
  }

  /** Until fd is readable, at most timeoutNs. Returns the number of ready descriptors, or -errno. */
  sleep(fd: number, timeoutNs: number): number {
    const { own } = this;
    const words = this.#pollfds.i32;
    words[0] = fd;
    words[1] = POLLIN;
    words[2] = own?.fd ?? -1;
    words[3] = own?.events ?? 0;
    const ret = this.#host.poll(this.#pollfds, 2, timeoutNs);
    const revents = words[3]! >>> 16;
    // Otherwise it would end every later sleep.
    if (ret > 0 && revents !== 0) own?.owner.setRevents(own, revents);
    return ret;
  }
}
