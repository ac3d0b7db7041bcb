/** Answers that a program gets without its Host, and how a record has them. */

import type { Host } from '../host.ts';

/** A Host that keeps such answers. */
interface Keeper {
  outside<T>(what: string, get: () => T): T;
}

/** A Host that keeps the times of trace events. To ask for them changes nothing of the run. */
export interface Stamps {
  /**
   * The time of a trace event, ns.
   * @param event its id
   * @param nowNs the time if the event has none in the record
   */
  timeOf(event: number, nowNs: () => number): number;
  /** CLOCK_MONOTONIC as far as it is known, ns. */
  realNs(): number;
  /** Calls act, whose calls of the host are no part of the run. */
  look<T>(act: () => T): T;
}

/**
 * Gets an answer about the world without the Host: a file's identity, a variable of the
 * environment. A run that is recorded keeps the answer, and its replay gets it from there.
 * @param what names the question, which must be the same again
 * @param get the answer, plain data
 */
export function outside<T>(host: Host, what: string, get: () => T): T {
  const keeper = host as Host & Partial<Keeper>;
  return keeper.outside === undefined ? get() : keeper.outside(what, get);
}

/** A Host that keeps the calls of several threads. */
export interface Threads {
  /**
   * The threads that still run are ended wherever they are. From here on no call is a part of the run; those
   * of a replay throw HostGone.
   */
  leaveThreads(): void;
}

/** The host itself if it keeps the calls of several threads; null if not. */
export function threadsOf(host: Host): Threads | null {
  const threads = host as Host & Partial<Threads>;
  return threads.leaveThreads === undefined ? null : (threads as Threads);
}

/** The host itself if it keeps the times of trace events; null if not. */
export function stampsOf(host: Host): Stamps | null {
  const stamps = host as Host & Partial<Stamps>;
  return stamps.timeOf === undefined ? null : (stamps as Stamps);
}

/** The clock of trace events, by their ids, of a host that keeps their times; null if it does not. */
export function stampClock(host: Host): ((event: number) => number) | null {
  const stamps = stampsOf(host);
  if (stamps === null) return null;
  const now = (): number => stamps.realNs();
  return (event) => stamps.timeOf(event, now);
}
