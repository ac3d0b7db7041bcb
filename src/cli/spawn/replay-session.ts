/** A session, made again from its record: without the kernel, and without its children. */

import type { Host } from '../../host/host.ts';
import { RecordEnd } from '../../host/record/errors.ts';
import type { RecordFile } from '../../host/record/file.ts';
import { ReplayHost } from '../../host/record/replay-host.ts';
import { SimHost } from '../../host/sim/sim-host.ts';
import { EV } from '../../trace/catalogue.ts';
import type { TraceRing } from '../../trace/ring.ts';
import type { Tracer } from '../../trace/tracer.ts';
import { visible } from '../../trace/visible.ts';
import { asCliError, EXIT_LEFT } from '../exit/errors.ts';
import { needLinux } from '../exit/need-linux.ts';
import { allBytesWriter, allWriter } from '../exit/write-all.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import { version } from '../options/version.ts';
import { notOurs } from '../record/read-record.ts';
import { beyondEnd, endedText, replayEnd } from '../record/replay-end.ts';
import { type TraceOutput, waitingTraces } from '../trace/trace-output.ts';
import type { Built, Makers } from './makers.ts';
import { type Options, parseOptions } from './options.ts';
import type { RecordedSession } from './recorded-session.ts';
import type { ReplayWatch } from './replay-watch.ts';
import { playSession } from './session.ts';

export interface ReplaySessionOptions {
  /** The path of the record, for messages. */
  readonly path: string;
  /** The last iteration to replay; undefined: all. */
  readonly to: number | undefined;
  readonly trace: TraceOptions | null;
  /** Keeps all events for a report; null if there is none. */
  readonly events: TraceRing | null;
  /** The process's own host. */
  readonly own: Host | null;
  /** The view on the whole screen, with or without colours; null for none. */
  readonly watch: { readonly color: boolean } | null;
}

/**
 * Replays the record of a session. What it wrote to stdout goes to stdout, and its log to stderr.
 * Returns its exit status; 125 if the record ends before the session, or the replay differs from it.
 */
export async function replaySession(
  record: RecordFile,
  options: ReplaySessionOptions,
): Promise<number> {
  if (options.watch === null) return playRecord(record, options, null);
  const { ReplayWatch } = await import('./replay-watch.ts');
  const own = needLinux(options.own);
  const first = options.to === undefined ? undefined : options.to + 1;
  const watch = new ReplayWatch(own, options.watch.color, first);
  let status: number;
  // A step back is another replay, up to there.
  do status = await playRecord(record, { ...options, to: undefined }, watch);
  while (watch.takeAgain());
  if (!watch.left) return status;
  allWriter(own, 2)(`qemu-loop: ${visible(options.path)} was left before its end\n`);
  return EXIT_LEFT;
}

async function playRecord(
  record: RecordFile,
  { path, to, trace, events, own }: ReplaySessionOptions,
  watch: ReplayWatch | null,
): Promise<number> {
  const { header } = record;
  const { passFds, origin } = header.program as unknown as RecordedSession;
  const options = recordedOptions(path, record);
  const host = new ReplayHost(record, new SimHost());
  if (watch === null) showOutput(host, own, options.logFile);
  else host.onWritten = (_fd, bytes) => watch.written(bytes);
  let traces: TraceOutput | null = null;
  let last = (): number => 0;
  const observe = (tracer: Tracer): void => {
    last = followIterations(tracer, host, to);
    if (trace !== null) traces = waitingTraces(own, tracer, trace, origin, null);
    host.onEnded = () => void traces?.close();
  };
  let leftOut = '';
  host.onLeftOut = ([before = 0], [after = 0]) => {
    leftOut += `qemu-loop: ${visible(path)}: iterations ${before + 1} to ${after} are not in the record\n`;
  };
  const onBuilt = (built: Built): void => watch?.open(host, built);
  const makers = { ...(await makersOf(options)), events, observe, onBuilt };
  const err = allWriter(own, 2);
  let status: number;
  try {
    status = playSession(host, { ...options, passFds, trace: null }, makers).status;
    if (host.ended === null) host.finish();
  } catch (error) {
    const { message, status: failed } = asCliError(error);
    status = failed;
    if (host.ended === null) err(`qemu-loop: ${visible(message)}\n`);
  }
  const problems: readonly string[] = (traces as TraceOutput | null)?.close() ?? [];
  const shown = watch?.end(host.ended?.message ?? `ENDED with ${status}`);
  if (watch !== null && host.ended instanceof RecordEnd && host.ended.ending === 'asked') return 0;
  err(shown ?? '');
  err(leftOut);
  for (const problem of problems) err(`qemu-loop: ${visible(problem)}\n`);
  if (host.ended === null) {
    err(beyondEnd(path, to, last()));
    return status;
  }
  err(endedText(host.ended, path, record));
  return replayEnd(host.ended);
}

/** @throws CliError if this version has no such options */
function recordedOptions(path: string, record: RecordFile): Options {
  let parsed: ReturnType<typeof parseOptions> | null = null;
  let why = 'it starts no children';
  try {
    parsed = parseOptions(record.header.argv, version);
  } catch (error) {
    why = asCliError(error).message;
  }
  if (parsed !== null && !('text' in parsed)) return parsed;
  throw notOurs(path, record, `this version cannot run its command line: ${why}`);
}

/**
 * Tells the host where it is, and ends it when a later iteration begins. Returns the last one that
 * has begun.
 */
function followIterations(
  tracer: Tracer,
  host: ReplayHost,
  to = Number.POSITIVE_INFINITY,
): () => number {
  let now = 0;
  host.placeBy(() => now);
  tracer.attach(['main_loop_wait_begin'], (id, _timeNs, iteration) => {
    if (id !== EV.main_loop_wait_begin) return;
    now = Number(iteration);
    if (now > to) host.stop(now);
  });
  return () => now;
}

async function makersOf({ explain, logFormat, quiet }: Options): Promise<Omit<Makers, 'events'>> {
  const json = logFormat === 'json' && !quiet ? await import('../log/json-log.ts') : null;
  return {
    jsonLog: json === null ? null : (parts) => new json.JsonLog(parts),
    whyOf: explain ? (await import('../log/why.ts')).whyOf : null,
    watch: null,
    channel: null,
  };
}

/** Passes on what the session wrote to stdout, stderr and the file of its log. */
function showOutput(host: ReplayHost, own: Host | null, logFile: string | undefined): void {
  const [stdout, stderr] = [allBytesWriter(own, 1), allBytesWriter(own, 2)];
  const targets = new Map([
    [1, stdout],
    [2, stderr],
  ]);
  host.onOpened = (path, fd) => {
    const same = /^\/proc\/self\/fd\/([12])$/.exec(path)?.[1];
    if (path === logFile) targets.set(fd, stderr);
    else if (same !== undefined) targets.set(fd, targets.get(Number(same))!);
    else if (fd > 2) targets.delete(fd);
  };
  host.onWritten = (fd, bytes) => targets.get(fd)?.(bytes);
}
