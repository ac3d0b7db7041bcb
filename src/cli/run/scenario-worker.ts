/**
 * A process of its own for runs on the real host, which block signals in every thread: takes jobs
 * from its parent, one after the other.
 */

import { PR_SET_PDEATHSIG, SIGKILL } from '../../host/constants.ts';
import { LinuxWorld } from '../../scenario/run/linux-world.ts';
import { SimWorld } from '../../scenario/run/sim-world.ts';
import { SpareWorkers } from '../../thread/spare-workers.ts';
import { keepDebuggerShut } from '../exit/debugger.ts';
import { asCliError } from '../exit/errors.ts';
import { leave } from '../exit/leave.ts';
import { ownHost } from '../exit/own-host.ts';
import { type JobResult, type MakeWorld, runJob, type ScenarioJob, scenarioOf } from './job.ts';
import { recordJob } from './record-run.ts';
import { BEGUN } from './start-wait.ts';

/** The reply to a job: how it ended, or why it could not begin. */
export type Reply =
  | { readonly done: JobResult }
  | { readonly refused: { readonly message: string; readonly status: number } };

/** They end with the process. */
const spare = new SpareWorkers();
const own = ownHost();

async function replyTo(job: ScenarioJob): Promise<Reply> {
  const make: MakeWorld = (seed, choices) =>
    job.host === 'linux' ? new LinuxWorld() : new SimWorld(seed, undefined, spare, choices);
  try {
    if (job.record !== null) return { done: await recordJob(job, own) };
    return { done: await runJob(job, scenarioOf(job), make, own) };
  } catch (error) {
    const { message, status } = asCliError(error);
    return { refused: { message, status } };
  }
}

keepDebuggerShut(own);

/**
 * Dies with its parent, even in the middle of a wait, in which Node handles no event. The guard of
 * its children then ends them. The signal comes at the death of the thread that started us: Node's
 * main thread, which lives as long as its process.
 */
function dieWith(parent: number): void {
  own?.prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (process.ppid !== parent) leave(own, 0);
}

const [parent] = process.argv.slice(2);
if (parent !== undefined) dieWith(Number(parent));

process.send?.(BEGUN, () => {});
process.on('message', async (job: ScenarioJob) => {
  // If the parent is gone by then, 'disconnect' reports it.
  process.send!(await replyTo(job), () => {});
});
// The parent is gone, or has no more jobs.
process.on('disconnect', () => leave(own, 0));
