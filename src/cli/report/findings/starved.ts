import { BH_DELETED, BH_IDLE, BH_SCHEDULED } from '../../../trace/bh-flags.ts';
import { count, formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { isCallback, type Slice } from '../slices.ts';
import { type Finding, finding, groupBy } from './finding.ts';
import { theThread } from './names.ts';
import { KIND_NAMES } from './slow.ts';

/**
 * A bottom half that a handler of the iohandler context schedules runs in the next
 * iteration, which is normal. From this many iterations on it is not.
 */
const MOST_ITERATIONS = 3;

interface Wait {
  readonly name: string;
  /** The index of the thread that runs its context. */
  readonly thread: number;
  /** The event aio_bh_enqueue. */
  readonly node: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Iterations that began during the wait. */
  readonly iterations: number;
  readonly ran: boolean;
}

/** Bottom halves that were scheduled, but not called for a long time or for several iterations. */
export function findStarved(facts: Facts): Finding[] {
  const starved = waits(facts).filter(
    ({ startNs, endNs, iterations }) =>
      iterations >= MOST_ITERATIONS || endNs - startNs >= facts.slowNs,
  );
  return [...groupBy(starved, ({ name }) => name).values()].map((group) => one(facts, group));
}

function one(facts: Facts, group: Wait[]): Finding {
  group.sort((a, b) => waitedNs(b) - waitedNs(a));
  const worst = group[0]!;
  const waited = formatDuration(waitedNs(worst));
  const places = group.map((wait) => ({
    text: `${formatDuration(waitedNs(wait))}, ${count(wait.iterations, 'iteration')} began${wait.ran ? '' : ', and it never ran'}`,
    node: wait.node,
    startNs: wait.startNs,
    endNs: wait.endNs,
  }));
  return finding(
    'bad',
    worst.ran
      ? `bottom half ${worst.name} waited ${waited} for its call`
      : `bottom half ${worst.name} was scheduled and not called in ${waited}`,
    `${count(group.length, 'time')}. ${reason(facts, worst)}`,
    places,
  );
}

function waitedNs({ startNs, endNs }: Wait): number {
  return endNs - startNs;
}

/** Slices in which nothing runs. */
const RESTS: ReadonlySet<string> = new Set(['poll', 'lock']);

/** Names the callback that took up the time. */
function reason(facts: Facts, wait: Wait): string {
  const { slices } = facts;
  let longest: Slice | null = null;
  let mostNs = 0;
  for (const slice of slices) {
    if (slice.thread !== wait.thread) continue;
    if (!isCallback(slice.kind) && !RESTS.has(slice.kind)) continue;
    const ns = Math.min(slice.endNs, wait.endNs) - Math.max(slice.startNs, wait.startNs);
    // If nested slices fill the time equally, take the innermost.
    if (ns < mostNs || ns <= 0) continue;
    longest = slice;
    mostNs = ns;
  }
  if (longest === null || mostNs < waitedNs(wait) / 2) {
    const meanwhile = 'No single callback filled that time';
    if (wait.iterations < MOST_ITERATIONS) return `${meanwhile}.`;
    return `${meanwhile}: the context it belongs to was not dispatched.`;
  }
  if (longest.kind === 'lock') {
    return `Meanwhile ${theThread(facts, wait.thread)} waited for the BQL for ${formatDuration(mostNs)}.`;
  }
  if (longest.kind === 'poll') return 'The loop slept meanwhile: its wake-up was lost.';
  return `Meanwhile ${KIND_NAMES[longest.kind]} ${longest.name} held the loop for ${formatDuration(mostNs)}.`;
}

interface Pending {
  readonly node: number;
  readonly thread: number;
  readonly iteration: number;
  readonly name: string;
}

/** Finds the waits of bottom halves. Idle ones may wait, so they are left out. */
function waits({ events, slices, endNs, homes, threadOf }: Facts): Wait[] {
  const pending = new Map<string, Pending>();
  const found: Wait[] = [];
  const iterations: number[] = [];
  // A context that nobody polls belongs to the main loop.
  const homeOf = (ctx: unknown): number => homes.get(String(ctx)) ?? 0;
  const end = (key: string, timeNs: number, ran: boolean): void => {
    const from = pending.get(key);
    if (from === undefined) return;
    pending.delete(key);
    const startNs = events[from.node]!.timeNs;
    const began = (iterations[from.thread] ?? 0) - from.iteration;
    const { name, node, thread } = from;
    found.push({ name, node, thread, startNs, endNs: timeNs, iterations: began, ran });
  };
  events.forEach(({ name, args, timeNs }, i) => {
    const key = `${args.ctx} ${args.bh}`;
    switch (name) {
      case 'main_loop_wait_begin':
        iterations[0] = (iterations[0] ?? 0) + 1;
        return;
      case 'aio_poll_begin': {
        // An IOThread's iterations; in the main loop they are nested polls.
        const thread = threadOf[i]!;
        if (thread > 0) iterations[thread] = (iterations[thread] ?? 0) + 1;
        return;
      }
      case 'aio_bh_enqueue': {
        const flags = Number(args.flags);
        if ((flags & BH_DELETED) !== 0) pending.delete(key);
        else if ((flags & (BH_SCHEDULED | BH_IDLE)) === BH_SCHEDULED && !pending.has(key)) {
          const thread = homeOf(args.ctx);
          const iteration = iterations[thread] ?? 0;
          pending.set(key, { node: i, thread, iteration, name: String(args.name) });
        }
        return;
      }
      case 'qemu_bh_cancel':
        pending.delete(key);
        return;
      case 'aio_bh_call_begin':
        end(key, timeNs, true);
        return;
      default:
    }
  });
  // A bottom half scheduled after the loop had ended is not starved.
  const lastNs: number[] = [];
  for (const { kind, thread, endNs: ns } of slices) {
    if (kind === 'iteration' || kind === 'aio_poll') lastNs[thread] = ns;
  }
  for (const [key, { thread }] of pending) {
    end(key, Math.min(endNs, lastNs[thread] ?? endNs), false);
  }
  return found;
}
