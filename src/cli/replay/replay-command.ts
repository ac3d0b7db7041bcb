/** `qemu-loop replay FILE`: runs a record again. */

import { Command, InvalidArgumentError, Option } from 'commander';
import type { Host } from '../../host/host.ts';
import type { RecordFile } from '../../host/record/file.ts';
import type { TraceRing } from '../../trace/ring.ts';
import { allWriter } from '../exit/write-all.ts';
import { colorOption } from '../options/option-values.ts';
import { checkOutputs } from '../options/output-files.ts';
import { parseCommand, usageError } from '../options/parse-command.ts';
import { outputsOf, type RawTrace, traceFlags, traceOptions } from '../options/trace-options.ts';
import { openRecord } from '../record/read-record.ts';
import { replayRun } from '../run/replay-run.ts';
import { replaySession } from '../spawn/replay-session.ts';
import { needTerminal, stdoutStyle } from '../terminal/terminal.ts';

const TEXT = `
FILE was written by --record. Its run is made again without the kernel and
without its children: the same log, order and verdict, and any trace.

Examples:
  qemu-loop run --host linux --record run.rec scenarios/sigchld.yaml
  qemu-loop replay run.rec
  qemu-loop replay --to 2 --trace-file log:/dev/stderr run.rec

Exit status: that of the run, 0 if --to ended it before; 2 if the file is no
record; 125 if the record ends before the run, or the replay differs from it.
`;

interface Raw extends RawTrace {
  to?: number;
  watch: boolean;
  explain: boolean;
  color: 'auto' | 'always' | 'never';
}

function define(): Command {
  const command = new Command('qemu-loop replay')
    .usage('[options] FILE')
    .description('Runs a record again.')
    .argument('<file>');
  for (const one of [...flags(), ...traceFlags()]) command.addOption(one);
  return command.helpOption('-h, --help', 'print this').addHelpText('after', TEXT);
}

function flags(): Option[] {
  return [
    new Option('--to <n>', 'stop after iteration N of the main loop').argParser(iteration),
    new Option('--watch', 'a full-screen view, which can step back; needs a terminal').default(
      false,
    ),
    new Option('--explain', 'show the log, and why each kind of line is there').default(false),
    colorOption(),
  ];
}

function iteration(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected the number of an iteration, such as 3.');
}

/**
 * Runs a command line (without `replay`). Returns the exit status.
 * @param own the process's own host
 * @throws CliError if the command line or the record is wrong
 */
export async function replayCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const output = { out: allWriter(own, 1), err: allWriter(own, 2) };
  const parsed = parseCommand<Raw>(define(), args, 'there is no record: name its file');
  if ('text' in parsed) {
    output.out(parsed.text);
    return 0;
  }
  const { raw } = parsed;
  const path = parsed.operands[0]!;
  const trace = traceOptions(raw, 'qemu-loop replay');
  checkOutputs(outputsOf(trace, raw.report), [{ what: 'the record', path }]);
  const record = openRecord(own, path);
  const { to, report, explain, watch } = raw;
  if (watch) needTerminal(own);
  const style = { ...stdoutStyle(own, raw.color), width: 0 };
  const { command } = record.header.program;
  if (command === 'spawn') {
    if (explain) {
      const message =
        '--explain is for records of scenarios, and this is one of --spawn: leave it out';
      throw usageError(message, 'qemu-loop replay');
    }
    if (watch && report !== undefined) {
      throw usageError('--watch and --report exclude each other here', 'qemu-loop replay');
    }
    const view = watch ? { color: style.color } : null;
    return withReport(own, record, report, (events) =>
      replaySession(record, { path, to, trace, events, own, watch: view }),
    );
  }
  const options = { path, to, trace, report, explain, style, watch };
  return replayRun(own, record, options, output);
}

/** Replays a session, and draws its report if one is wanted. */
async function withReport(
  own: Host | null,
  { header }: RecordFile,
  out: string | undefined,
  play: (events: TraceRing | null) => Promise<number>,
): Promise<number> {
  if (out === undefined) return play(null);
  const { openReport, reportRings } = await import('../report/report-command.ts');
  const events = openReport(own, out);
  const exit = await play(events);
  const title = `qemu-loop ${header.argv.join(' ')}`;
  allWriter(own, 2)(reportRings(own, [events], { out, title }).text);
  return exit;
}
