import { checkOptions } from '../host/arguments.ts';
import { O_CLOEXEC, O_NONBLOCK } from '../host/constants.ts';
import { check, EAGAIN, EINTR, ENOSYS, HostError } from '../host/errno.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import type { EdgeNotifiers } from './fdmon/edges.ts';

/** Bytes of one read: all of an eventfd, and much of a pipe. */
const READ_SIZE = 512;
const TWO_32 = 4294967296;
/** In a row: an eventfd that is readable and cannot be read would keep its loop busy for ever. */
const MOST_FAILED_READS = 1_000;

/**
 * A flag that a poll loop can wait for: an eventfd, or a pipe where the kernel
 * has none. Any number of sets before a test_and_clear are one event. QEMU:
 * EventNotifier.
 *
 * While it has handlers on a context, its eventfd may be readable though it is
 * cleared: see EdgeNotifiers. AioContext.settleNotifiers ends that.
 *
 * It is for one JavaScript thread. But whoever writes 8 bytes (the number 1) to its fd
 * sets it: that is how another thread wakes a loop, to let it quit, say, since a worker
 * whose loop sleeps hears neither terminate() nor the end of the process.
 */
export class EventNotifier {
  readonly #host: Host;
  readonly #buffer: HostBuffer;
  #rfd = -1;
  #wfd = -1;
  /** Whose handlers watch it, where that is edge-triggered. */
  #edges: EdgeNotifiers | null = null;
  /** An edge was told, and it was not cleared since. */
  #latched = false;
  #owes = false;
  #failedReads = 0;
  /** What we have added to the counter since it was read, and how much of that had been cleared. */
  #written: number;
  #cleared = 0;

  /**
   * @param active whether it starts set
   * @param usePipe makes a pipe also where there are eventfds
   * @throws HostError where there are no descriptors left. QEMU: event_notifier_init.
   */
  constructor(host: Host, active = false, usePipe = false) {
    checkOptions({ host }, 'EventNotifier', { host: 'a Host' });
    this.#host = host;
    this.#written = active ? 1 : 0;
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

  /** Whether a context can watch it by its edges: not a pipe, which has to be read, and not what another watches so. @internal */
  canWatchEdges(edges: EdgeNotifiers): boolean {
    return this.#rfd === this.#wfd && (this.#edges === null || this.#edges === edges);
  }

  /** Returns 0, or -errno. That a pipe is full is no error: it is set then. QEMU: event_notifier_set. */
  set(): number {
    // It is set: another edge would make a second event of it.
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
   * @throws HostError where reads do nothing but fail
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

  /** A context begins to watch it edge-triggered; null: it stops. @internal */
  watchEdges(edges: EdgeNotifiers | null): void {
    this.#edges?.pay(this);
    // The counter says so by itself.
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

  /** An edge was told. Returns whether that is new. */
  latch(): boolean {
    const isNew = !this.#latched;
    this.#latched = true;
    return isNew;
  }

  /** Reads the eventfd where that was put off, so that it is readable only while it is set. */
  pay(): void {
    this.#owes = false;
    // Closed, or set again: then it is rightly readable.
    if (this.#rfd < 0 || this.#latched || this.#written > this.#cleared) return;
    // Another process has set it, perhaps since: that must not be lost.
    if (this.#takeCount() > 0) this.set();
  }

  /** Reads the counter. Returns how much of it had not been cleared. */
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

  /** Nobody reads what is closed. */
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
      // It is empty once a read comes back short.
      if (ret < READ_SIZE) return wasSet;
    }
  }

  /** Closes it; nothing where it is closed already. QEMU: event_notifier_cleanup. */
  dispose(): void {
    const [rfd, wfd] = [this.#rfd, this.#wfd];
    if (rfd < 0) return;
    this.#rfd = this.#wfd = -1;
    this.#host.close(rfd);
    if (wfd !== rfd) this.#host.close(wfd);
  }
}
