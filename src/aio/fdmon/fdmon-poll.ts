import type { Host } from '../../host/host.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { FailedWaits } from '../failed-waits.ts';
import { type AioHandler, type ReadyList, sortNewestFirst } from '../handler.ts';
import type { FdMon, FdMonChoice, FdMonOwner } from './fdmon.ts';
import { PollSet } from './poll-set.ts';

/** Finds ready fds in order of registration, like a walk over poll's array. QEMU: fdmon-poll.c. */
export class FdMonPoll implements FdMon {
  readonly kind = 'poll';
  readonly sourceFd = -1;
  readonly #owner: FdMonOwner;
  readonly #set: PollSet;
  /** External handlers left out while they are held back. */
  #external: AioHandler[] = [];
  #withoutExternal = false;
  readonly #failed = new FailedWaits();

  /** @param choice the calls that it may use, see PollSet */
  constructor(owner: FdMonOwner, host: Host, trace: Tracer, choice: FdMonChoice) {
    this.#owner = owner;
    this.#set = new PollSet(host, trace, owner.name, choice, [owner.edges]);
  }

  update(old: AioHandler | null, next: AioHandler | null): void {
    if (old !== null) {
      this.#set.remove(old);
      if (old.isExternal) this.#external = this.#external.filter((h) => h !== old);
    }
    if (next === null || next.events === 0) return;
    if (next.isExternal) this.#external.push(next);
    if (!(next.isExternal && this.#withoutExternal)) this.#set.add(next);
  }

  addOwn(record: AioHandler): void {
    this.#set.add(record);
  }

  removeOwn(record: AioHandler): void {
    this.#set.remove(record);
  }

  wait(ready: ReadyList, timeoutNs: number): number {
    const externalDisabled = this.#owner.externalDisableCount > 0;
    if (externalDisabled !== this.#withoutExternal) this.#setExternal(!externalDisabled);
    if (this.#set.size >= this.#owner.upgradeFrom) {
      const upgraded = this.#owner.upgrade();
      if (upgraded !== null) {
        this.#set.release();
        return upgraded.wait(ready, timeoutNs);
      }
    }
    const ret = this.#failed.check(this.#set.wait(timeoutNs), 'poll');
    const { ready: found, readyCount } = this.#set;
    // Newest first: the ready list reverses them, and so calls them in order of registration.
    if (readyCount > 1) sortNewestFirst(found, readyCount);
    for (let i = 0; i < readyCount; i++) ready.add(found[i]!, found[i]!.revents);
    return ret;
  }

  prepare(): void {}

  /** The main loop has polled each handler, and told the dispatcher. */
  collect(): number {
    return 0;
  }

  close(): void {
    this.#set.close();
  }

  #setExternal(take: boolean): void {
    this.#withoutExternal = !take;
    for (const handler of this.#external) {
      if (take) this.#set.add(handler);
      else this.#set.remove(handler);
    }
  }
}
