/** `qemu-loop explore FILE`: runs every order of a scenario that its file leaves open. */

import type { Host } from '../../host/host.ts';
import { type FoundOrder, OrderSearch } from '../../scenario/orders/order-search.ts';
import { formatProblem } from '../../scenario/problem.ts';
import { refuse } from '../../scenario/run/run.ts';
import { SimWorld } from '../../scenario/run/sim-world.ts';
import { SpareWorkers } from '../../thread/spare-workers.ts';
import { visible } from '../../trace/visible.ts';
import { EXIT_LEFT, EXIT_USAGE } from '../exit/errors.ts';
import { allWriter } from '../exit/write-all.ts';
import { watchdogs } from '../run/job.ts';
import { readScenario } from '../run/read-scenario.ts';
import type { Style } from '../text/style.ts';
import { count } from '../text/units.ts';
import type { AskedExplore } from './explore-options.ts';
import { runInterruptibly } from './interruptible.ts';
import { type Explored, ordersJson, ordersText } from './orders-text.ts';
import { Progress } from './progress.ts';

const STDERR = 2;
const EXIT_BROKEN = 1;
/** A run that takes longer goes on for ever. */
const MOST_NS = 10e9;
/** Between two looks for Ctrl-C. */
const BATCH_MS = 50;

/** Runs the search. Returns the exit status. */
export async function exploreOrders(
  own: Host | null,
  file: string,
  asked: AskedExplore,
  style: Style,
): Promise<number> {
  const [out, err] = [allWriter(own, 1), allWriter(own, STDERR)];
  const { scenario, problems } = readScenario(own, file, asked.version);
  if (scenario === null) {
    err(`${problems.map(formatProblem).join('\n')}\n`);
    return EXIT_USAGE;
  }
  const refused = refuse(scenario, 'sim');
  if (refused !== null) {
    err(`qemu-loop: ${visible(file)}: ${refused.failures[0]!.message}\n`);
    return EXIT_USAGE;
  }
  const { preemptions, mostRuns } = asked;
  const spare = new SpareWorkers();
  const search = new OrderSearch(scenario, {
    preemptions,
    mostRuns,
    makeWorld: (seed, choices) => new SimWorld(seed, undefined, spare, choices),
    newLimit: () => watchdogs(MOST_NS, null),
  });
  const progress = new Progress(own, !asked.json);
  let isInterrupted = false;
  try {
    isInterrupted = await runInterruptibly(() => {
      const found = `${count(search.runs, 'run')}, ${count(search.orders.length, 'order')}`;
      progress.show(`${visible(file)}: ${found}`, found);
      return runSome(search);
    });
  } finally {
    progress.end();
    spare.dispose();
  }
  const explored: Explored = { search, preemptions, isInterrupted };
  out(asked.json ? ordersJson(explored) : ordersText(explored, style));
  if (search.orders.some(isBroken)) return EXIT_BROKEN;
  return isInterrupted ? EXIT_LEFT : 0;
}

function isBroken({ result }: FoundOrder): boolean {
  return result.status !== 0;
}

/** Runs for a while. Returns false if all is done. */
function runSome(search: OrderSearch): boolean {
  const endMs = performance.now() + BATCH_MS;
  do {
    if (!search.next()) return false;
  } while (performance.now() < endMs);
  return true;
}
