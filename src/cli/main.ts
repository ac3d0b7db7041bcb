/** The command: reads its options, runs them, and exits with their status. */

import type { Host } from '../host/host.ts';
import { visible } from '../trace/visible.ts';
import { keepDebuggerShut } from './exit/debugger.ts';
import { asCliError, type CliError } from './exit/errors.ts';
import { type Exit, leave } from './exit/leave.ts';
import { needLinux } from './exit/need-linux.ts';
import { ownHost } from './exit/own-host.ts';
import { allWriter, boundedWriter } from './exit/write-all.ts';
import type { JsonLogMaker } from './log/open-log.ts';
import { version } from './options/version.ts';
import { refuseUnknownHelp } from './spawn/misplaced.ts';
import { NodeChannel } from './spawn/node-channel.ts';
import { type Options, parseOptions } from './spawn/options.ts';
import { runSession } from './spawn/run-session.ts';
import type { WatchMaker } from './spawn/watch-parts.ts';
import { needForeground, needTerminal } from './terminal/terminal.ts';
import { narrowed } from './text/narrowed.ts';
import { traceCommand } from './trace/trace-command.ts';

/** The commands of the bundle `scenarios`. */
const OF_SCENARIOS = ['run', 'check', 'replay', 'fuzz', 'explore', 'museum'];

async function main(own: Host | null, typed: readonly string[]): Promise<number | Exit> {
  keepDebuggerShut(own);
  // `help run` is `run --help`.
  const isHelp = typed[0] === 'help';
  if (isHelp) refuseUnknownHelp(typed[1]);
  const args = isHelp ? [...typed.slice(1), '--help'] : typed;
  if (args[0] === 'trace') {
    allWriter(own, 1)(narrowed(traceCommand(args.slice(1)), 1));
    return 0;
  }
  if (OF_SCENARIOS.includes(args[0]!)) {
    const { scenariosCommand } = await import('./scenarios.ts');
    return scenariosCommand(own, args);
  }
  if (args[0] === 'report') {
    const { reportCommand } = await import('./report/report-command.ts');
    const { text, status, failed } = reportCommand(own, args.slice(1));
    const fd = failed ? 2 : 1;
    allWriter(own, fd)(failed ? narrowed(text, fd) : text);
    return status;
  }
  if (args[0] === 'play') {
    const { playCommand } = await import('./play/play-command.ts');
    return playCommand(own, args.slice(1));
  }
  const asked = parseOptions(args, version);
  if ('text' in asked) {
    allWriter(own, asked.status === 0 ? 1 : 2)(asked.text);
    return asked.status;
  }
  const host = needLinux(own);
  const channel = NodeChannel.take(host);
  if (asked.watch) needTerminal(host);
  const makers = {
    jsonLog: asked.logFormat === 'json' && !asked.quiet ? await jsonLog() : null,
    whyOf: asked.explain ? (await import('./log/why.ts')).whyOf : null,
    watch: asked.watch ? await watchView() : null,
    channel,
  };
  if (asked.report === undefined) return runSession(host, asked, { ...makers, events: null }, args);
  const report = await import('./report/report-command.ts');
  const events = report.openReport(host, asked.report);
  try {
    return runSession(host, asked, { ...makers, events }, args);
  } finally {
    const title = commandLine(asked);
    const to = { out: asked.report, title, waitNs: asked.graceNs };
    const { text, status } = report.reportRings(host, [events], to);
    if (status !== 0 || !asked.quiet) boundedWriter(host, 2, asked.graceNs)(text);
  }
}

/** The commands that ran, as a person would write them. */
function commandLine({ jobs, transparent }: Options): string {
  const parts = jobs.map(({ command }) => (transparent ? `-- ${command}` : `--spawn '${command}'`));
  return ['qemu-loop', ...parts].join(' ');
}

/** Loaded on demand: pino takes as long to load as all the rest. */
async function jsonLog(): Promise<JsonLogMaker> {
  const { JsonLog } = await import('./log/json-log.ts');
  return (parts) => new JsonLog(parts);
}

/** The view, and everything it draws with. */
async function watchView(): Promise<WatchMaker> {
  const { Watch } = await import('./spawn/spawn-watch.ts');
  return (parts) => {
    needForeground(parts.host);
    return new Watch(parts);
  };
}

function explain(own: Host | null, error: CliError): number {
  allWriter(own, 2)(narrowed(`qemu-loop: ${visible(error.message)}\n`, 2));
  return error.status;
}

function ownOrLeave(): Host | null {
  try {
    return ownHost();
  } catch (error) {
    return leave(null, explain(null, asCliError(error)));
  }
}

const own = ownOrLeave();
main(own, process.argv.slice(2))
  .catch((error: unknown) => explain(own, asCliError(error)))
  .then((exit) =>
    typeof exit === 'number' ? leave(own, exit) : leave(own, exit.status, exit.interrupted),
  );
