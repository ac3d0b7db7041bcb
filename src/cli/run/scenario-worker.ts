/**
 * A process of its own for runs on the real host, whose signals are blocked in
 * every thread meanwhile: takes jobs from its parent, one after the other.
 */

import { PR_SET_PDEATHSIG, SIGKILL } from '../../host/constants.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { LinuxWorld } from '../../scenario/run/linux-world.ts';
import { SimWorld } from '../../scenario/run/sim-world.ts';
import { keepDebuggerShut } from '../exit/debugger.ts';
import { asCliError } from '../exit/errors.ts';
import { leave } from '../exit/leave.ts';
import { type JobResult, runJob, type ScenarioJob, scenarioOf } from './job.ts';

/** What comes back for a job: how it ended, or why it could not begin. */
export type Reply =
  | { readonly done: JobResult }
  | { readonly refused: { readonly message: string; readonly status: number } };

async function replyTo(job: ScenarioJob): Promise<Reply> {
  const make = (seed: number) => (job.host === 'linux' ? new LinuxWorld() : new SimWorld(seed));
  try {
    return { done: await runJob(job, scenarioOf(job), make) };
  } catch (error) {
    const { message, status } = asCliError(error);
    return { refused: { message, status } };
  }
}

keepDebuggerShut();

/**
 * Dies with its parent, also in the middle of a wait, where no event of Node's comes.
 * The guard of its children ends those then. The signal is for the death of the thread
 * that started us: Node's main one, which lives as long as its process.
 */
function dieWith(parent: number): void {
  new LinuxHost().prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (process.ppid !== parent) leave(0);
}

const [parent] = process.argv.slice(2);
if (parent !== undefined) dieWith(Number(parent));

process.on('message', async (job: ScenarioJob) => {
  // A parent that is gone by then is told of by 'disconnect'.
  process.send!(await replyTo(job), () => {});
});
// The parent is gone, or wants no more.
process.on('disconnect', () => leave(0));
