/**
 * A process of its own for runs on the real host, whose signals are blocked in
 * every thread meanwhile: takes jobs from its parent, one after the other.
 */

import { LinuxWorld } from '../scenario/run/linux-world.ts';
import { SimWorld } from '../scenario/run/sim-world.ts';
import { runJob, type ScenarioJob, scenarioOf } from './scenario-job.ts';

process.on('message', (job: ScenarioJob) => {
  const make = (seed: number) => (job.host === 'linux' ? new LinuxWorld() : new SimWorld(seed));
  process.send!(runJob(job, scenarioOf(job), make));
});
// The parent is gone, or wants no more.
process.on('disconnect', () => process.exit(0));
