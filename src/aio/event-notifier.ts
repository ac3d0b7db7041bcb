import { O_CLOEXEC, O_NONBLOCK } from '../host/constants.ts';
import { check, EAGAIN, EINTR, ENOSYS } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';

/** Bytes of one read: all of an eventfd, and much of a pipe. */
const READ_SIZE = 512;

/**
 * A flag that a poll loop can wait for: an eventfd, or a pipe where the kernel
 * has none. Any number of sets before a test_and_clear are one event. QEMU:
 * EventNotifier.
 */
export class EventNotifier {
  readonly #host: Host;
  readonly #buffer: HostBuffer;
  #rfd = -1;
  #wfd = -1;

  /**
   * @param active whether it starts set
   * @param usePipe makes a pipe also where there are eventfds
   * @throws HostError where there are no descriptors left. QEMU: event_notifier_init.
   */
  constructor(host: Host, active = false, usePipe = false) {
    this.#host = host;
    // Bytes 0 to 7 are the number 1 that a set writes, 8 and up take what is read.
    this.#buffer = host.alloc(8 + READ_SIZE);
    this.#buffer.i32[0] = 1;
    const fd = usePipe ? -ENOSYS : host.eventfd(active ? 1 : 0, O_CLOEXEC | O_NONBLOCK);
    if (fd !== -ENOSYS) {
      this.#rfd = this.#wfd = check(fd, 'eventfd');
      return;
    }
    const ends = [-1, -1];
    check(host.pipe2(ends, O_CLOEXEC | O_NONBLOCK), 'pipe2');
    this.#rfd = ends[0]!;
    this.#wfd = ends[1]!;
    if (active) this.set();
  }

  /** The descriptor that is readable while the notifier is set; -1 once closed. QEMU: event_notifier_get_fd. */
  get fd(): number {
    return this.#rfd;
  }

  /** Returns 0, or -errno. That a pipe is full is no error: it is set then. QEMU: event_notifier_set. */
  set(): number {
    let ret: number;
    do {
      ret = this.#host.write(this.#wfd, this.#buffer, 0, 8);
    } while (ret === -EINTR);
    return ret < 0 && ret !== -EAGAIN ? ret : 0;
  }

  /** Returns whether it was set. QEMU: event_notifier_test_and_clear. */
  testAndClear(): boolean {
    const isEventfd = this.#rfd === this.#wfd;
    let wasSet = false;
    for (;;) {
      const ret = this.#host.read(this.#rfd, this.#buffer, 8, READ_SIZE);
      if (ret === -EINTR) continue;
      if (ret > 0) wasSet = true;
      // One read empties an eventfd; a pipe is empty once a read comes back short.
      if (isEventfd || ret < READ_SIZE) return wasSet;
    }
  }

  /** Closes it; nothing where it is closed already. QEMU: event_notifier_cleanup. */
  dispose(): void {
    if (this.#rfd < 0) return;
    this.#host.close(this.#rfd);
    if (this.#wfd !== this.#rfd) this.#host.close(this.#wfd);
    this.#rfd = this.#wfd = -1;
  }
}
