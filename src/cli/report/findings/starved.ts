import { BH_DELETED, BH_IDLE, BH_SCHEDULED } from '../../../trace/bh-flags.ts';
import { count, formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { isCallback, type Slice } from '../slices.ts';
import { type Finding, finding, groupBy } from './finding.ts';
import { KIND_NAMES } from './slow.ts';

/**
 * A bottom half that a handler of the iohandler context schedules runs in the next
 * iteration, which is normal. From this many iterations on it is not.
 */
const MOST_ITERATIONS = 3;

interface Wait {
  readonly name: string;
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

/** Names the callback that took up the time. */
function reason({ slices }: Facts, wait: Wait): string {
  let longest: Slice | null = null;
  let mostNs = 0;
  for (const slice of slices) {
    if (!isCallback(slice.kind) && slice.kind !== 'poll') continue;
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
  if (longest.kind === 'poll') return 'The loop slept meanwhile: its wake-up was lost.';
  return `Meanwhile ${KIND_NAMES[longest.kind]} ${longest.name} held the loop for ${formatDuration(mostNs)}.`;
}

/** Finds the waits of bottom halves. Idle ones may wait, so they are left out. */
function waits({ events, slices, endNs }: Facts): Wait[] {
  const pending = new Map<string, { node: number; iteration: number; name: string }>();
  const found: Wait[] = [];
  let iteration = 0;
  const end = (key: string, timeNs: number, ran: boolean): void => {
    const from = pending.get(key);
    if (from === undefined) return;
    pending.delete(key);
    const startNs = events[from.node]!.timeNs;
    const iterations = iteration - from.iteration;
    found.push({ name: from.name, node: from.node, startNs, endNs: timeNs, iterations, ran });
  };
  events.forEach(({ name, args, timeNs }, i) => {
    const key = `${args.ctx} ${args.bh}`;
    switch (name) {
      case 'main_loop_wait_begin':
        iteration++;
        return;
      case 'aio_bh_enqueue': {
        const flags = Number(args.flags);
        if ((flags & BH_DELETED) !== 0) pending.delete(key);
        else if ((flags & (BH_SCHEDULED | BH_IDLE)) === BH_SCHEDULED && !pending.has(key)) {
          pending.set(key, { node: i, iteration, name: String(args.name) });
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
  const lastNs = slices.findLast(({ kind }) => kind === 'iteration' || kind === 'aio_poll')?.endNs;
  for (const key of pending.keys()) end(key, Math.min(endNs, lastNs ?? endNs), false);
  return found;
}
