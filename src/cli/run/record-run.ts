/** A run on the real host that is recorded. */

import type { Host } from '../../host/host.ts';
import { LinuxHost } from '../../host/linux/linux-host.ts';
import { LinuxWorld } from '../../scenario/run/linux-world.ts';
import { traceOrigin } from '../../trace/origin.ts';
import { visible } from '../../trace/visible.ts';
import { allWriter } from '../exit/write-all.ts';
import { openRecordOutput } from '../record/record-file.ts';
import { AskedHost } from './asked-host.ts';
import { type JobResult, runJob, type ScenarioJob, scenarioOf } from './job.ts';
import type { RecordedRun } from './recorded-run.ts';

const STDERR = 2;

/**
 * @param own the process's own host
 * @throws HostError if the record cannot be opened
 */
export async function recordJob(job: ScenarioJob, own: Host | null): Promise<JobResult> {
  // The run disposes of it.
  const { argv, isAsked, path, last } = job.record!;
  let take = (): void => {};
  const linux = new LinuxHost();
  const host = isAsked ? new AskedHost(linux, () => take()) : linux;
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
  const record = openRecordOutput(host, { path, last }, { argv, program: { ...program } });
  take = () => {
    record.take();
    allWriter(own, STDERR)(`qemu-loop: ${visible(path)}: the record goes there\n`);
  };
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
