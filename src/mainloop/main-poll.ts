import type { AioContext } from '../aio/aio-context.ts';
import { FailedWaits } from '../aio/failed-waits.ts';
import type { EdgeNotifiers } from '../aio/fdmon/edges.ts';
import type { FdMonChoice, PollMechanism } from '../aio/fdmon/fdmon.ts';
import { PollSet } from '../aio/fdmon/poll-set.ts';
import type { AioHandler, PollRecord, PollSink } from '../aio/handler.ts';
import type { OwnRecords } from '../aio/worker-end.ts';
import { POLLIN } from '../host/constants.ts';
import type { Disposable, Host } from '../host/host.ts';
import type { Tracer } from '../trace/tracer.ts';

/** The main loop's own monitor has this name in traces. */
const MAIN_LOOP = 'main_loop';

/**
 * The one poll of a main loop, over the fds of all its contexts. QEMU and GLib call ppoll with all
 * of them each time; a PollSet does the same at epoll's cost. A context dispatches in order of
 * registration, whatever order its fds were found in.
 *
 * Adding or removing an fd wakes GLib up, since it might be asleep in another thread: the next poll
 * with the contexts' fds does not sleep. The same holds for a loop's first poll. aio_poll does not
 * consume that wake-up.
 */
export class MainPoll implements PollSink, OwnRecords {
  readonly #set: PollSet;
  readonly #contexts: AioContext[] = [];
  /** Stands for GLib's eventfd, which only this thread writes. GLib: GMainContext's GWakeup. */
  #woken = false;
  readonly #edges: EdgeNotifiers[] = [];
  readonly #failed = new FailedWaits();

  constructor(host: Host, trace: Tracer, choice: FdMonChoice) {
    this.#set = new PollSet(host, trace, MAIN_LOOP, choice, this.#edges);
  }

  get mechanism(): PollMechanism {
    return this.#set.mechanism;
  }

  /** The number of watched fds. */
  get size(): number {
    return this.#set.size;
  }

  addContext(ctx: AioContext): Disposable {
    this.#contexts.push(ctx);
    return ctx.attachTo(this);
  }

  /** GLib: g_source_add_poll. */
  addPoll(record: AioHandler): void {
    this.#set.add(record);
    this.#woken = true;
  }

  /** GLib: g_source_remove_poll. */
  removePoll(record: AioHandler): void {
    this.#set.remove(record);
    this.#woken = true;
  }

  /** addPoll for a record of our own, of which GLib knows nothing: the next poll may sleep. */
  addOwn(record: AioHandler): void {
    this.#set.add(record);
  }

  removeOwn(record: AioHandler): void {
    this.#set.remove(record);
  }

  addEdges(edges: EdgeNotifiers): void {
    this.#edges.push(edges);
  }

  removeEdges(edges: EdgeNotifiers): void {
    const at = this.#edges.indexOf(edges);
    if (at >= 0) this.#edges.splice(at, 1);
  }

  /**
   * Sleeps for timeoutNs at most, and passes ready fds to the contexts and into the revents of the
   * extra records. Returns the number of ready fds, or -errno.
   * @throws HostError if waits keep failing
   * @param withContexts whether the contexts' fds are polled at all
   */
  wait(withContexts: boolean, extra: readonly PollRecord[], timeoutNs: number): number {
    const contexts = this.#contexts;
    // Without them something of a higher priority is ready, so this does not sleep.
    let sleepNs = this.#woken ? 0 : timeoutNs;
    for (let i = 0; i < contexts.length; i++) {
      const notified = contexts[i]!.sleeper.enter();
      if (!withContexts) continue;
      contexts[i]!.clearRevents();
      if (notified) sleepNs = 0;
    }
    const ret = this.#set.wait(sleepNs, withContexts, extra);
    if (withContexts && ret >= 0) this.#woken = false;
    const { ready, readyCount } = this.#set;
    for (let i = 0; i < readyCount; i++) ready[i]!.owner.setRevents(ready[i]!, ready[i]!.revents);
    for (let i = 0; i < contexts.length; i++) {
      const notifier = contexts[i]!.leaveWait();
      if (notifier !== null && notifier.revents === 0 && withContexts) {
        contexts[i]!.setRevents(notifier, POLLIN);
      }
    }
    return this.#failed.check(ret, 'poll');
  }

  /** The loop will be driven by Node: see armNodeWait. */
  prepareForNode(): void {
    this.#set.preferEpoll();
  }

  /**
   * Node waits in place of the next `wait`, which then must not sleep. Returns the descriptor to
   * watch; -1 if Node must not wait at all, -2 if there is none to watch.
   * @param end ends Node's wait
   */
  armNodeWait(extra: readonly PollRecord[], end: () => void): number {
    let notified = this.#woken;
    for (const { sleeper } of this.#contexts) {
      if (sleeper.enterNodeWait(end)) notified = true;
    }
    return notified ? -1 : this.#set.watchFd(extra, end);
  }

  leaveNodeWait(): void {
    for (const { sleeper } of this.#contexts) sleeper.leaveNodeWait();
    this.#set.leaveNodeWait();
  }

  forgetLooks(): void {
    this.#set.forgetLooks();
  }

  close(): void {
    this.#set.close();
  }
}
