/** How this process starts children. */

import { ENOSYS } from '../errno.ts';
import { changesIds, type TakenRequest } from '../spawn-request.ts';
import { ChildStart } from './child-start.ts';
import { CloneSteps, childPage } from './clone-steps.ts';
import { c } from './libc.ts';
import { PosixSteps } from './posix-steps.ts';

/**
 * `clone` falls back to posix_spawn if the machine's code is unknown, executable pages are
 * forbidden, or clone is refused.
 */
export type SpawnWay = 'clone' | 'posix_spawn';
export const SPAWN_WAYS: readonly SpawnWay[] = ['clone', 'posix_spawn'];

/**
 * How many children may be starting at a time. Loading a program keeps a processor busy for longer
 * than making the process, and sleeps in between; on two processors more than four was no faster.
 */
const UNDER_WAY = 4;

const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;

/**
 * A child that changes its ids in our memory makes that memory non-dumpable: our /proc would belong to
 * root, and no core would be written.
 */
function staysDumpable<T>(act: () => T): T {
  const before = c.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
  try {
    return act();
  } finally {
    // Only 0 and 1 can be set.
    if (before === 1) c.prctl(PR_SET_DUMPABLE, before, 0, 0, 0);
  }
}

export class Spawner {
  readonly #starts: (ChildStart | undefined)[] = [];
  readonly #page: ReturnType<typeof childPage>;
  /** Whether clone has turned out not to work here. */
  #refused = false;

  constructor(way: SpawnWay) {
    this.#page = way === 'clone' ? childPage() : -ENOSYS;
  }

  dispose(): void {
    for (const start of this.#starts) start?.dispose();
    this.#starts.length = 0;
    if (typeof this.#page !== 'number') this.#page.free();
  }

  /** See ChildStart.spawn. */
  spawn(request: TakenRequest): number {
    if (!changesIds(request)) return this.#spawnBy(0, request);
    return staysDumpable(() => this.#spawnBy(0, request));
  }

  /**
   * Spawns each in order, without waiting for one program to start before making the next child.
   * All run their programs when this returns; until then they read our memory (including environ),
   * which nothing changes, since nothing else runs here.
   */
  spawnAll(requests: readonly TakenRequest[]): number[] {
    if (!requests.some(changesIds)) return this.#startAll(requests);
    return staysDumpable(() => this.#startAll(requests));
  }

  #startAll(requests: readonly TakenRequest[]): number[] {
    const pids: number[] = [];
    let settled = 0;
    const settle = (): void => {
      const i = settled++;
      const slot = i % UNDER_WAY;
      const failed = pids[i]! < 0 || this.#start(slot).settle() < 0;
      if (failed) pids[i] = this.#spawnBy(slot, requests[i]!);
    };
    try {
      for (let i = 0; i < requests.length; i++) {
        if (i - settled === UNDER_WAY) settle();
        pids.push(this.#start(i % UNDER_WAY).launch(requests[i]!));
      }
    } finally {
      while (settled < pids.length) settle();
    }
    return pids;
  }

  #spawnBy(slot: number, request: TakenRequest): number {
    const start = this.#start(slot);
    const pid = start.spawn(request);
    if (pid !== -ENOSYS || !(start.steps instanceof CloneSteps)) return pid;
    this.#refused = true;
    this.#starts[slot] = undefined;
    return this.#start(slot).spawn(request);
  }

  #start(i: number): ChildStart {
    let start = this.#starts[i];
    if (start === undefined) {
      const [page, refused] = [this.#page, this.#refused];
      const byPosix = refused || typeof page === 'number';
      start = new ChildStart(byPosix ? new PosixSteps() : new CloneSteps(page));
      this.#starts[i] = start;
    }
    return start;
  }
}
