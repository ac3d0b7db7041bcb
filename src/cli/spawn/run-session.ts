/** A session on this machine, which may be recorded. */

import type { Host } from '../../host/host.ts';
import { traceOrigin } from '../../trace/origin.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { visible } from '../../trace/visible.ts';
import type { Exit } from '../exit/leave.ts';
import { boundedWriter } from '../exit/write-all.ts';
import { openRecordOutput, type RecordTo } from '../record/record-file.ts';
import { TraceOutput } from '../trace/trace-output.ts';
import type { Makers } from './makers.ts';
import type { Options } from './options.ts';
import { checkPassedFds } from './pass-fds.ts';
import type { RecordedSession } from './recorded-session.ts';
import { playSession } from './session.ts';

/**
 * Runs the session that the options describe to its end.
 * @param host the kernel that it supervises
 * @param argv the command line, for the record
 * @throws CliError or HostError if the loop or a child cannot be started
 */
export function runSession(
  host: Host,
  asked: Options,
  makers: Makers,
  argv: readonly string[],
): Exit {
  checkPassedFds(host, asked.passFds);
  const { channel } = makers;
  const passFds = channel === null ? asked.passFds : [...asked.passFds, channel.fd];
  const options = { ...asked, passFds };
  const path = options.record;
  return path === undefined
    ? playSession(host, options, makers)
    : recordSession(host, options, makers, { path, last: options.recordLast, argv });
}

/** The traces are written beside the session: the record has no part of them. */
function recordSession(
  host: Host,
  options: Options,
  makers: Makers,
  { argv, ...to }: RecordTo & { readonly argv: readonly string[] },
): Exit {
  const { passFds, trace, graceNs } = options;
  const origin = traceOrigin(host);
  const program: RecordedSession = { command: 'spawn', passFds, origin };
  const record = openRecordOutput(host, to, { argv, program: { ...program } }, graceNs);
  let traces: TraceOutput | null = null;
  const observe = (tracer: Tracer): void => {
    if (trace !== null) traces = new TraceOutput(tracer, trace, origin, host);
  };
  const takeRecord = (): void => record.take();
  let isWrong = true;
  try {
    const parts = { ...makers, observe, takeRecord };
    const exit = playSession(record.host, { ...options, trace: null }, parts);
    isWrong = exit.status !== 0;
    return exit;
  } finally {
    const output = traces as TraceOutput | null;
    const problems = output?.finishAlone(host, graceNs) ?? [];
    const notes = problems.map((problem) => `qemu-loop: ${visible(problem)}\n`).join('');
    boundedWriter(host, 2, graceNs)(notes + record.end(isWrong));
  }
}
