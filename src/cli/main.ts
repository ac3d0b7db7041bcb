/** The command: reads its options, runs them, and exits with their status. */

import { visible } from '../trace/visible.ts';
import { keepDebuggerShut } from './exit/debugger.ts';
import { asCliError, type CliError } from './exit/errors.ts';
import { type Exit, leave } from './exit/leave.ts';
import { needLinux } from './exit/need-linux.ts';
import { allWriter } from './exit/write-all.ts';
import type { JsonLogMaker } from './log/open-log.ts';
import { version } from './options/version.ts';
import { NodeChannel } from './spawn/node-channel.ts';
import { type Options, parseOptions } from './spawn/options.ts';
import { runSession } from './spawn/session.ts';
import type { WatchMaker } from './spawn/watch-parts.ts';
import { needForeground, needTerminal } from './terminal/terminal.ts';
import { traceCommand } from './trace/trace-command.ts';

async function main(typed: readonly string[]): Promise<number | Exit> {
  keepDebuggerShut();
  // `help run` is `run --help`.
  const args = typed[0] === 'help' ? [...typed.slice(1), '--help'] : typed;
  if (args[0] === 'trace') {
    allWriter(1)(traceCommand(args.slice(1)));
    return 0;
  }
  if (args[0] === 'run' || args[0] === 'check') {
    const { scenarioMain } = await import('./scenarios.ts');
    return scenarioMain(args);
  }
  if (args[0] === 'replay') {
    const { replayCommand } = await import('./scenarios.ts');
    return replayCommand(args.slice(1));
  }
  if (args[0] === 'fuzz') {
    const { fuzzMain } = await import('./scenarios.ts');
    return fuzzMain(args.slice(1));
  }
  if (args[0] === 'report') {
    const { reportCommand } = await import('./report/report-command.ts');
    const { text, status, failed } = reportCommand(args.slice(1));
    allWriter(failed ? 2 : 1)(text);
    return status;
  }
  if (args[0] === 'explore') {
    const { exploreCommand } = await import('./explore/explore-command.ts');
    return exploreCommand(args.slice(1));
  }
  if (args[0] === 'play') {
    const { playCommand } = await import('./play/play-command.ts');
    return playCommand(args.slice(1));
  }
  const asked = parseOptions(args, version);
  if ('text' in asked) {
    allWriter(asked.status === 0 ? 1 : 2)(asked.text);
    return asked.status;
  }
  needLinux();
  const channel = NodeChannel.take();
  if (asked.watch) await needTerminal();
  const makers = {
    jsonLog: asked.logFormat === 'json' && !asked.quiet ? await jsonLog() : null,
    whyOf: asked.explain ? (await import('./log/why.ts')).whyOf : null,
    watch: asked.watch ? await watchView() : null,
    channel,
  };
  if (asked.report === undefined) return runSession(asked, { ...makers, events: null });
  const report = await import('./report/report-command.ts');
  const events = report.openReport(asked.report);
  try {
    return runSession(asked, { ...makers, events });
  } finally {
    const title = commandLine(asked);
    const { text, status } = report.reportRings([events], { out: asked.report, title });
    if (status !== 0 || !asked.quiet) allWriter(2)(text);
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

function explain(error: CliError): number {
  allWriter(2)(`qemu-loop: ${visible(error.message)}\n`);
  return error.status;
}

main(process.argv.slice(2))
  .catch((error: unknown) => explain(asCliError(error)))
  .then((exit) => (typeof exit === 'number' ? leave(exit) : leave(exit.status, exit.interrupted)));
