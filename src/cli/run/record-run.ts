/** A run on the real host that is recorded. */

import type { Host } from '../../host/host.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { LinuxWorld } from '../../scenario/run/linux-world.ts';
import { traceOrigin } from '../../trace/origin.ts';
import { openRecordOutput } from '../record/record-file.ts';
import { type JobResult, runJob, type ScenarioJob, scenarioOf } from './job.ts';
import type { RecordedRun } from './recorded-run.ts';

/**
 * @param own the process's own host
 * @throws HostError if the record cannot be opened
 */
export async function recordJob(job: ScenarioJob, own: Host | null): Promise<JobResult> {
  // The run disposes of it.
  const host = new LinuxHost();
  const { argv, ...to } = job.record!;
  const { file, text, version, seed, timeoutNs, live } = job;
  const program: RecordedRun = {
    command: 'run',
    file,
    text,
    ...(version === undefined ? {} : { version }),
    seed,
    timeoutNs,
    isLive: live !== null,
    origin: traceOrigin(host),
  };
  const record = openRecordOutput(host, to, { argv, program: { ...program } });
  const make = (): LinuxWorld => new LinuxWorld(record.host);
  const kept = { origin: program.origin, host: record.host };
  let done: JobResult;
  try {
    done = await runJob(job, scenarioOf(job), make, own, kept);
  } catch (error) {
    record.end(true);
    throw error;
  }
  return { ...done, notes: done.notes + record.end(done.result.status !== 0) };
}
