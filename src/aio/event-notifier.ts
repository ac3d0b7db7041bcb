import { checkOptions } from '../host/arguments.ts';
import { O_CLOEXEC, O_NONBLOCK } from '../host/constants.ts';
import { check, EAGAIN, EINTR, ENOSYS, HostError } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';

/** Bytes per read: all of an eventfd, or much of a pipe. */
const READ_SIZE = 512;
const TWO_32 = 4294967296;
/**
 * Failures in a row: an eventfd that stays readable but cannot be read would keep its loop busy for
 * ever.
 */
const MOST_FAILED_READS = 1_000;

/** The notifiers that a context watches edge-triggered, as one of them knows them: EdgeNotifiers. */
export interface NotifierEdges {
  /** Whether a clear may leave the eventfd unread. */
  readonly defers: boolean;
  /** A latched notifier was cleared. */
  cleared(notifier: EventNotifier): void;
  /** A notifier was cleared without a read, for the first time since it was paid. */
  owe(notifier: EventNotifier): void;
  /** Makes a notifier's counter match its state, for anybody who asks the kernel. */
  pay(notifier: EventNotifier): void;
}

/**
 * A flag that a poll loop can wait for: an eventfd, or a pipe if the kernel has no eventfds. Any
 * number of sets before a test_and_clear count as one event. QEMU: EventNotifier.
 *
 * While it has handlers on a context, its eventfd may be readable although it is cleared: see
 * EdgeNotifiers. AioContext.settleNotifiers ends that.
 *
 * It belongs to one JavaScript thread. But anybody can set it by writing 8 bytes (the number 1) to
 * its fd. Another thread can wake a loop that way, for example to make it quit: a worker whose loop
 * sleeps reacts neither to terminate() nor to the end of the process.
 */
export class EventNotifier {
  readonly #host: Host;
  readonly #buffer: HostBuffer;
  #rfd = -1;
  #wfd = -1;
  /** The notifiers of the context that watches it edge-triggered, if one does. */
  #edges: NotifierEdges | null = null;
  /** Whether an edge was reported, and it has not been cleared since. */
  #latched = false;
  #owes = false;
  #failedReads = 0;
  /** How much we have added to the counter since it was read, and how much of that is cleared. */
  #written: number;
  #cleared = 0;

  /**
   * @param active whether it starts set
   * @param usePipe makes a pipe even if there are eventfds
   * @throws HostError if no descriptors are left. QEMU: event_notifier_init.
   */
  constructor(host: Host, active = false, usePipe = false) {
    checkOptions({ host }, 'EventNotifier', { host: 'a Host' });
    this.#host = host;
    this.#written = active ? 1 : 0;
    // Bytes 0 to 7 hold the number 1 that a set writes; reads go to byte 8 and up.
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

  /**
   * The descriptor that is readable while the notifier is set; -1 once it is closed. QEMU:
   * event_notifier_get_fd.
   */
  get fd(): number {
    return this.#rfd;
  }

  /** The descriptor that a set writes 8 bytes to; -1 once it is closed. */
  get writeFd(): number {
    return this.#wfd;
  }

  /**
   * Whether a context can watch it by its edges. A pipe must be read, and another context may
   * already watch it that way. @internal
   */
  canWatchEdges(edges: NotifierEdges): boolean {
    return this.#rfd === this.#wfd && (this.#edges === null || this.#edges === edges);
  }

  /**
   * Returns 0, or -errno. A full pipe is not an error: the notifier is set then. QEMU:
   * event_notifier_set.
   */
  set(): number {
    // It is set already: another edge would make a second event.
    if (this.#latched) return 0;
    this.#written++;
    let ret: number;
    do {
      ret = this.#host.write(this.#wfd, this.#buffer, 0, 8);
    } while (ret === -EINTR);
    return ret < 0 && ret !== -EAGAIN ? ret : 0;
  }

  /**
   * Returns whether it was set. QEMU: event_notifier_test_and_clear.
   * @throws HostError if reads keep failing
   */
  testAndClear(): boolean {
    if (!this.#latched) return this.#rfd === this.#wfd ? this.#takeCount() > 0 : this.#drainPipe();
    this.#latched = false;
    const edges = this.#edges!;
    edges.cleared(this);
    if (!edges.defers) {
      this.#takeCount();
      return true;
    }
    this.#cleared = this.#written;
    if (!this.#owes) {
      this.#owes = true;
      edges.owe(this);
    }
    return true;
  }

  /** A context begins to watch it edge-triggered, or stops (null). @internal */
  watchEdges(edges: NotifierEdges | null): void {
    this.#edges?.pay(this);
    // From now on the counter shows it.
    this.#latched = false;
    this.#edges = edges;
  }

  get latched(): boolean {
    return this.#latched;
  }

  /** Whether it was cleared without a read. */
  get owes(): boolean {
    return this.#owes;
  }

  /** An edge was reported. Returns whether that is new. */
  latch(): boolean {
    const isNew = !this.#latched;
    this.#latched = true;
    return isNew;
  }

  /**
   * Does the read that was put off, so that the eventfd is readable only while the notifier is set.
   */
  pay(): void {
    this.#owes = false;
    // If it is closed, or set again, nothing is owed.
    if (this.#rfd < 0 || this.#latched || this.#written > this.#cleared) return;
    // Another process has set it, perhaps since then: that must not be lost.
    if (this.#takeCount() > 0) this.set();
  }

  /** Reads the counter. Returns the part that had not been cleared. */
  #takeCount(): number {
    const words = this.#buffer.i32;
    let ret: number;
    do {
      ret = this.#host.read(this.#rfd, this.#buffer, 8, READ_SIZE);
    } while (ret === -EINTR);
    if (ret < 0 && ret !== -EAGAIN) this.#readFailed(ret);
    else if (this.#failedReads !== 0) this.#failedReads = 0;
    const count = ret > 0 ? words[3]! * TWO_32 + (words[2]! >>> 0) - this.#cleared : 0;
    this.#written = 0;
    this.#cleared = 0;
    return count;
  }

  /** Ignores failures once it is closed. */
  #readFailed(ret: number): void {
    if (this.#rfd >= 0 && ++this.#failedReads >= MOST_FAILED_READS) {
      throw new HostError(ret, 'read of an event notifier');
    }
  }

  #drainPipe(): boolean {
    let wasSet = false;
    for (;;) {
      const ret = this.#host.read(this.#rfd, this.#buffer, 8, READ_SIZE);
      if (ret === -EINTR) continue;
      if (ret > 0) wasSet = true;
      else if (ret < 0 && ret !== -EAGAIN) this.#readFailed(ret);
      // A short read means that it is empty.
      if (ret < READ_SIZE) return wasSet;
    }
  }

  /** Closes it; does nothing if it is closed already. QEMU: event_notifier_cleanup. */
  dispose(): void {
    const [rfd, wfd] = [this.#rfd, this.#wfd];
    if (rfd < 0) return;
    this.#rfd = this.#wfd = -1;
    this.#host.close(rfd);
    if (wfd !== rfd) this.#host.close(wfd);
  }
}
