import { Command } from 'commander';
import { signalName } from '../../signal/names.ts';
import type { SigfdChoice } from '../../signal/signals.ts';
import type { LogLevel } from '../log/log.ts';
import { parseCommand, usageError } from '../options/parse-command.ts';
import { recordLastOf, recordSignalOf } from '../options/record-options.ts';
import {
  type RawTrace,
  type TraceOptions,
  traceFlags,
  traceOptions,
} from '../options/trace-options.ts';
import { misplacedWord, refuseDashedCommand } from './misplaced.ts';
import { helpFlag, otherFlags, showFlags, signalFlags, whatFlags } from './option-groups.ts';
import { shellScript } from './shell-command.ts';

/** A child to start. */
export interface Job {
  readonly file: string;
  readonly argv: readonly string[];
  /** The command as the person wrote it. */
  readonly command: string;
}

export interface Options {
  readonly jobs: readonly Job[];
  /** Whether there is one program without a shell, which gets the terminal. */
  readonly transparent: boolean;
  readonly prefix: boolean;
  /** A full-screen view; implies prefix. */
  readonly watch: boolean;
  readonly quiet: boolean;
  /** Whether the log says why each kind of line is there. */
  readonly explain: boolean;
  readonly logFormat: 'pretty' | 'json';
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
  readonly color: 'auto' | 'always' | 'never';
  readonly group: boolean;
  readonly graceNs: number;
  readonly timeoutNs: number | undefined;
  /** The signal sent at the timeout. */
  readonly timeoutSignal: number;
  /**
   * The signal that children get when we are killed; 0 for none; undefined for the default, if
   * possible.
   */
  readonly killChild: number | undefined;
  /** Signals that the children start with ignored. */
  readonly ignoreSignals: readonly number[];
  readonly subreaper: boolean;
  /** Descriptors that the children inherit besides 0, 1 and 2. */
  readonly passFds: readonly number[];
  readonly pdeathsig: number | undefined;
  readonly okExit: ReadonlySet<number>;
  readonly rewrite: ReadonlyMap<number, number>;
  readonly success: 'first' | 'last' | 'all';
  readonly sigfd: SigfdChoice;
  readonly trace: TraceOptions | null;
  /** The page that shows the run; undefined for none. */
  readonly report: string | undefined;
  /** The file of the session's record; undefined for none. */
  readonly record: string | undefined;
  /** The most bytes of it, kept in memory and written if something goes wrong; null for all. */
  readonly recordLast: number | null;
  /** The signal at which it is written, too; it is not passed on. Undefined for none. */
  readonly recordSignal: number | undefined;
}

/** A command line that only asks for text. */
export interface Help {
  readonly text: string;
  readonly status: number;
}

const EXAMPLES = `
Other commands, each with a --help of its own:
  qemu-loop run FILE...         run scripted scenarios, simulated or real
  qemu-loop check FILE...       only check them
  qemu-loop replay RECORD       make a recorded run again
  qemu-loop report TRACE        draw a trace as an HTML page
  qemu-loop play [FILE]         the simulated loop in a browser, step by step
  qemu-loop fuzz                compare hosts by random scenarios
  qemu-loop explore [NAME]      every interleaving of a protocol, or of a file
  qemu-loop museum              bugs that such loops had, beside the mended ones
  qemu-loop trace list|events   the trace events

Examples:
  qemu-loop --spawn 'sleep 1; exit 3' --spawn 'kill -9 $$'
  qemu-loop run scenarios/
  qemu-loop --prefix --spawn 'make -C a' --spawn 'make -C b'
  qemu-loop --quiet --group --timeout 5m -- ./server --port 80
  ENTRYPOINT ["qemu-loop", "--quiet", "--group", "--"]

Exit status: the child's own, 128+n if signal n ended it; of several children
the first failure in order of --spawn. 124 --timeout, 125 qemu-loop itself
failed, 126 not executable, 127 not found, 2 wrong command line.
`;

interface Raw extends RawTrace {
  spawn: string[];
  prefix: boolean;
  watch: boolean;
  quiet: boolean;
  explain: boolean;
  verbose: number;
  logFormat: 'pretty' | 'json';
  logLevel?: LogLevel;
  logFile?: string;
  color: 'auto' | 'always' | 'never';
  group: boolean;
  grace: number;
  timeout?: number;
  timeoutSignal: number;
  killChild?: number;
  ignoreSignal: number[];
  subreaper: boolean;
  passFd: number[];
  pdeathsig?: number;
  okExit: Set<number>;
  rewrite: Map<number, number>;
  success: 'first' | 'last' | 'all';
  sigfd: SigfdChoice;
  record?: string;
  recordLast?: number;
  recordSignal?: number;
  version?: boolean;
}

function define(): Command {
  const command = new Command('qemu-loop')
    .usage('--spawn CMD [--spawn CMD]... [options]\n       qemu-loop [options] -- PROG [ARG]...')
    .description(
      "Runs commands under QEMU's main loop, shows how each death becomes a reap, and exits as they did.",
    )
    .argument('[prog...]');
  for (const one of [...whatFlags(), ...showFlags(), ...signalFlags()]) command.addOption(one);
  for (const one of [...traceFlags(), ...otherFlags()]) command.addOption(one);
  return command.addHelpOption(helpFlag()).addHelpText('after', EXAMPLES);
}

/**
 * Parses a command line (without node and script).
 * @throws CliError with status 2, whose message is one line, if it is wrong
 */
export function parseOptions(args: readonly string[], version: () => string): Options | Help {
  const command = define();
  const flags = command.options.map(({ long }) => long!);
  refuseDashedCommand(args, flags);
  const parsed = parseCommand<Raw>(command, args);
  if ('text' in parsed) return { text: parsed.text, status: 0 };
  const { raw, operands } = parsed;
  if (raw.version) return { text: `${version()}\n`, status: 0 };
  const dashes = args.indexOf('--');
  const behind = dashes < 0 ? 0 : args.length - dashes - 1;
  if (operands.length > behind) throw usageError(misplacedWord(operands[0]!, flags));
  return fromRaw(raw, operands);
}

function fromRaw(raw: Raw, operands: readonly string[]): Options {
  if (operands.length > 0 && raw.spawn.length > 0) {
    throw usageError(
      '--spawn and -- PROG exclude each other: write the program as another --spawn',
    );
  }
  if (operands.length === 0 && raw.spawn.length === 0) {
    throw usageError("there is nothing to run: add --spawn 'CMD' or -- PROG");
  }
  if (raw.explain && raw.watch && raw.logFile === undefined) {
    throw usageError('--watch and --explain exclude each other: press x in the view');
  }
  if (raw.record !== undefined && raw.watch) {
    throw usageError('--record and --watch exclude each other: leave --watch out');
  }
  checkRecordSignal(raw);
  const empty = raw.spawn.findIndex((cmd) => cmd.trim() === '');
  if (empty >= 0)
    throw usageError(`--spawn number ${empty + 1} is empty: expected a shell command`);
  const verbose = (['info', 'debug', 'trace'] as const)[Math.min(raw.verbose, 2)]!;
  return {
    jobs: operands.length > 0 ? [program(operands)] : raw.spawn.map(shell),
    transparent: operands.length > 0,
    prefix: raw.prefix || raw.watch,
    watch: raw.watch,
    quiet: raw.quiet,
    explain: raw.explain,
    logFormat: raw.logFormat,
    logLevel: raw.logLevel ?? verbose,
    logFile: raw.logFile,
    color: raw.color,
    group: raw.group,
    graceNs: raw.grace,
    timeoutNs: raw.timeout === 0 ? undefined : raw.timeout,
    timeoutSignal: raw.timeoutSignal,
    killChild: raw.killChild,
    ignoreSignals: raw.ignoreSignal,
    subreaper: raw.subreaper,
    passFds: raw.passFd,
    pdeathsig: raw.pdeathsig,
    okExit: raw.okExit,
    rewrite: raw.rewrite,
    success: raw.success,
    sigfd: raw.sigfd,
    trace: traceOptions(raw, 'qemu-loop', raw.logFile, raw.record),
    report: raw.report,
    record: raw.record,
    recordLast: recordLastOf(raw, 'qemu-loop'),
    recordSignal: recordSignalOf(raw, 'qemu-loop'),
  };
}

/** @throws CliError if the signal has two meanings */
function checkRecordSignal({ recordSignal, rewrite }: Raw): void {
  if (recordSignal === undefined || !rewrite.has(recordSignal)) return;
  const name = signalName(recordSignal);
  throw usageError(`--record-signal and --rewrite both name ${name}: leave one of them out`);
}

function shell(command: string): Job {
  return { file: '/bin/sh', argv: ['sh', '-c', shellScript(command)], command };
}

function program(operands: readonly string[]): Job {
  return { file: operands[0]!, argv: operands, command: operands.join(' ') };
}
