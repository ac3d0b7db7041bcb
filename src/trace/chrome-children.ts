import type { ArrowIds } from './chrome-arrows.ts';
import type { ChromeSlices } from './chrome-slices.ts';
import type { ChromeWriter } from './chrome-writer.ts';

/** A child's track: its life, then the time it waits to be reaped, then its end. */
interface Track {
  readonly name: string;
  lastNs: number;
}

/** The path of one SIGCHLD record. */
interface Chain {
  readonly id: number;
  readonly pid: number;
  readonly recordNs: number;
  /**
   * Whether its first point is written: false if the death comes with the reap, which tells its
   * time.
   */
  readonly started: boolean;
}

/** The facts about a reap. */
export interface Reap {
  readonly pid: number;
  readonly name: string;
  /** How the child ended. */
  readonly end: string;
  readonly latencyNs: number;
  readonly args: string;
}

const ARROW = 'SIGCHLD';

/** The tracks of the process's children, and the counter of those that live. */
export class ChildTracks {
  readonly writer: ChromeWriter;
  readonly #living = new Map<number, Track>();
  #order = 0;

  constructor(writer: ChromeWriter) {
    this.writer = writer;
  }

  spawned(pid: number, name: string, command: string, timeNs: number, args: string): void {
    this.name(pid, `child ${name}`);
    this.writer.begin(pid, timeNs, 'child', command, args);
    this.#living.set(pid, { name: command, lastNs: timeNs });
    this.count(timeNs);
  }

  /** A child stopped or continued. */
  changed(pid: number, what: string, timeNs: number, args: string): void {
    const track = this.#living.get(pid);
    if (track === undefined) return;
    this.writer.instant(pid, timeNs, what, args);
    track.lastNs = timeNs;
  }

  name(pid: number, name: string): void {
    this.writer.track(pid, name, ++this.#order);
  }

  of(pid: number): Track | undefined {
    return this.#living.get(pid);
  }

  /** Takes a child out of those that live. */
  take(pid: number): Track | undefined {
    const track = this.#living.get(pid);
    this.#living.delete(pid);
    return track;
  }

  count(timeNs: number): void {
    this.writer.counter(timeNs, 'children', this.#living.size);
  }

  close(timeNs: number): void {
    for (const [pid, { name, lastNs }] of this.#living) {
      this.writer.end(pid, Math.max(timeNs, lastNs), name);
    }
    this.#living.clear();
  }
}

/**
 * The arrows death → SIGCHLD read → handler → bottom half → reap, of the thread that reaps. If a
 * child's SIGCHLD was merged with another's, its arrow goes from its death to the bottom half.
 */
export class ChromeReaps {
  readonly #tracks: ChildTracks;
  readonly #writer: ChromeWriter;
  readonly #slices: ChromeSlices;
  readonly #ids: ArrowIds;
  /** The last record read, until its handler has run. */
  #current: Chain | null = null;
  /** Records that a bottom half has yet to answer. */
  readonly #waiting: Chain[] = [];
  /** Bottom halves scheduled by SIGCHLD's handler. */
  readonly #reapers = new Set<string>();

  constructor(tracks: ChildTracks, slices: ChromeSlices, ids: ArrowIds) {
    this.#tracks = tracks;
    this.#writer = tracks.writer;
    this.#slices = slices;
    this.#ids = ids;
  }

  /** A SIGCHLD record was read. */
  record(pid: number, isEnd: boolean, timeNs: number): void {
    this.dropCurrent(timeNs);
    const started = !isEnd || this.#tracks.of(pid) === undefined;
    const chain = { id: this.#ids.next(), pid, recordNs: timeNs, started };
    this.#slices.flow(started ? 's' : 't', timeNs, chain.id, ARROW);
    this.#current = chain;
  }

  /** SIGCHLD's handler is called. */
  handled(timeNs: number): void {
    const chain = this.#current;
    if (chain === null) return;
    this.#current = null;
    this.#slices.flow('t', timeNs, chain.id, ARROW);
    this.#waiting.push(chain);
  }

  /** The record just read has no handler. */
  dropCurrent(timeNs: number): void {
    const chain = this.#current;
    this.#current = null;
    if (chain !== null) this.#finish(chain, timeNs);
  }

  /** SIGCHLD's handler has scheduled a bottom half. */
  scheduled(bh: string): void {
    this.#reapers.add(bh);
  }

  bhBegins(bh: string, timeNs: number): void {
    if (!this.#reapers.has(bh)) return;
    for (const chain of this.#waiting) this.#slices.flow('t', timeNs, chain.id, ARROW);
  }

  /**
   * Ends the arrows that the bottom half did not answer (a child that stopped, or somebody else's
   * child).
   */
  bhEnds(bh: string, timeNs: number): void {
    if (!this.#reapers.delete(bh)) return;
    for (const chain of this.#waiting) this.#finish(chain, timeNs);
    this.#waiting.length = 0;
  }

  reaped(reap: Reap, timeNs: number): void {
    const { pid, end, args } = reap;
    const track = this.#tracks.take(pid);
    const arrow = this.#arrowTo(pid, timeNs);
    // Events are stamped slightly late; even so, a death must come before its record.
    const latestNs = Math.min(timeNs, arrow.recordNs - 1);
    const deathNs = Math.max(track?.lastNs ?? 0, Math.min(latestNs, timeNs - reap.latencyNs));
    if (track === undefined) this.#tracks.name(pid, `${reap.name} ${pid}`);
    else this.#writer.end(pid, deathNs, track.name);
    this.#writer.begin(pid, deathNs, 'child', 'zombie');
    if (arrow.fromDeath) this.#writer.flow('s', pid, deathNs, arrow.id, ARROW);
    // Slices with arrows need a length.
    const reapNs = Math.max(timeNs, deathNs + 1);
    this.#writer.end(pid, reapNs, 'zombie');
    this.#writer.begin(pid, reapNs, 'child', end, args);
    this.#writer.flow('f', pid, reapNs, arrow.id, ARROW);
    this.#writer.end(pid, reapNs + 1, end);
    this.#tracks.count(timeNs);
  }

  close(timeNs: number): void {
    this.dropCurrent(timeNs);
    for (const chain of this.#waiting) this.#finish(chain, timeNs);
    this.#waiting.length = 0;
  }

  /** The arrow that a reap ends: its record's, or a new one straight from the death. */
  #arrowTo(pid: number, timeNs: number): { id: number; fromDeath: boolean; recordNs: number } {
    const current = this.#current;
    const at = this.#waiting.findIndex((chain) => chain.pid === pid);
    const chain = current?.pid === pid ? current : this.#waiting[at];
    if (chain === current) this.#current = null;
    else if (at >= 0) this.#waiting.splice(at, 1);
    if (chain !== undefined && chain !== null) {
      return { id: chain.id, fromDeath: !chain.started, recordNs: chain.recordNs };
    }
    const id = this.#ids.next();
    this.#slices.flow('t', timeNs, id, ARROW);
    return { id, fromDeath: true, recordNs: Number.POSITIVE_INFINITY };
  }

  #finish(chain: Chain, timeNs: number): void {
    if (!chain.started) {
      // A death that was not reaped: right before the record at the latest.
      const track = this.#tracks.of(chain.pid);
      const deathNs = Math.max(track?.lastNs ?? 0, chain.recordNs - 1);
      if (track !== undefined) track.lastNs = deathNs + 1;
      this.#writer.flow('s', chain.pid, deathNs, chain.id, ARROW);
    }
    this.#slices.flow('f', timeNs, chain.id, ARROW);
  }
}
