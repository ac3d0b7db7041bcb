/** The command lines of `qemu-loop run` and `qemu-loop check`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import type { QemuVersion } from '../../aio/profile.ts';
import { SIGALRM, SIGURG, SIGUSR1, SIGUSR2, SIGWINCH } from '../../host/constants.ts';
import { parseSchedule } from '../../scenario/orders/schedule.ts';
import type { HostName } from '../../scenario/run/run.ts';
import { MAX_SEED } from '../../scenario/values.ts';
import { signalName } from '../../signal/names.ts';
import { countTo, seed } from '../options/number-values.ts';
import { colorOption, duration, qemuOption } from '../options/option-values.ts';
import { type AskedText, parseCommand, usageError } from '../options/parse-command.ts';
import {
  recordLastFlag,
  recordLastOf,
  recordSignalFlag,
  recordSignalOf,
} from '../options/record-options.ts';
import { signal } from '../options/signal-value.ts';
import { type RawTrace, traceFlags, traceOptions } from '../options/trace-options.ts';
import type { AskedCheck } from './check-command.ts';
import { MOST_RUNS, type RunCommandOptions, TIMEOUT_NS } from './run-command.ts';

/** The options of a run, before it is known where it runs. */
export type AskedRun = Omit<
  RunCommandOptions,
  'argv' | 'style' | 'progress' | 'worker' | 'qemu' | 'own'
> & {
  /** The build folder of QEMU that the command line names. */
  readonly qemuBuild: string | undefined;
  readonly color: 'auto' | 'always' | 'never';
};

const RUN_TEXT = `
FILE is a scenario, a directory of them, or a pattern such as 'storms/*.yaml'.

Examples:
  qemu-loop run scenarios/
  qemu-loop run --host both scenarios/sigchld.yaml
  qemu-loop run --seeds 1..1000 --jobs 2 scenarios/storm.yaml
  qemu-loop run --watch scenarios/sigchld.yaml
  qemu-loop run --host all --qemu-build ~/qemu/build tests/conformance
  qemu-loop run --host linux --record run.rec scenarios/sigchld.yaml
  qemu-loop run --trace-file chrome:t --report r.html scenarios/sigchld.yaml

Exit status: 0 all held, 1 an expectation failed, 2 a file or the command line
is wrong, 3 the emulator itself failed; 125 a trace or a report cannot be
written, or no worker started, 130 --watch was left before the end.
`;

interface RawRun extends RawTrace {
  host?: HostName | 'both' | 'all';
  qemuBuild?: string;
  qemu?: QemuVersion;
  printExpect: boolean;
  seed?: number;
  seeds?: number[];
  schedule?: string;
  repeat: number;
  jobs: number;
  json?: boolean;
  reporter: 'pretty' | 'tap' | 'junit' | 'json';
  timeout?: number;
  watch: boolean;
  explain: boolean;
  record?: string;
  recordLast?: number;
  recordSignal?: number;
  color: 'auto' | 'always' | 'never';
}

function runParser(): Command {
  const command = new Command('qemu-loop run')
    .usage('[options] FILE...')
    .description('Runs scenarios and checks their expectations.')
    .argument('<file...>');
  for (const one of [...runFlags(), ...traceFlags()]) command.addOption(one);
  return command.helpOption('-h, --help', 'print this').addHelpText('after', RUN_TEXT);
}

function runFlags(): Option[] {
  return [
    new Option(
      '--host <host>',
      "sim; linux; qemu, QEMU's own loop; both (sim and linux) and all compare the order logs",
    ).choices(['sim', 'linux', 'qemu', 'both', 'all']),
    new Option(
      '--qemu-build <dir>',
      'the build folder of the QEMU for --host qemu and all (default: $QEMU_BUILD)',
    ),
    qemuOption(),
    new Option(
      '--seed <n>',
      "replaces the file's seed, which decides its jitter and the turns of threads",
    ).argParser(seed),
    new Option('--seeds <from..to>', 'one run for each seed').argParser(seedRange),
    new Option(
      '--schedule <id>',
      'the one order that explore FILE has found and named so, on the simulated host',
    ).argParser(schedule),
    new Option('--repeat <n>', 'run each file N times (default 1)')
      .argParser(countTo(MOST_RUNS))
      .default(1),
    new Option('--jobs <n>', 'N runs at a time, in processes of their own (default 1)')
      .argParser(countTo(MOST_RUNS))
      .default(1),
    new Option('--reporter <kind>', 'pretty (the default), tap, junit or json')
      .choices(['pretty', 'tap', 'junit', 'json'])
      .default('pretty'),
    new Option('--json', 'the same as --reporter json'),
    new Option(
      '--timeout <duration>',
      'limit for each run, in real time (default 60s; 0 for none)',
    ).argParser(duration),
    new Option('--watch', 'a full-screen view of the one run; needs a terminal').default(false),
    new Option(
      '--print-expect',
      "print the order log of the one run as a file's expect, and nothing else",
    ).default(false),
    new Option(
      '--explain',
      'show the log of the one run, and why each kind of line is there',
    ).default(false),
    new Option(
      '--record <file>',
      "keep the kernel's answers to the one run on --host linux, for qemu-loop replay",
    ),
    recordLastFlag('the run fails'),
    recordSignalFlag(takenSignal),
    colorOption(),
  ];
}

/** Signals that do not end a run, and which Node can listen to. */
const TAKEN = [SIGUSR1, SIGUSR2, SIGALRM, SIGURG, SIGWINCH];

function takenSignal(text: string): number {
  const signo = signal(text);
  if (TAKEN.includes(signo)) return signo;
  throw new InvalidArgumentError(`expected ${TAKEN.map(signalName).join(', ')}.`);
}

function checkParser(): Command {
  return new Command('qemu-loop check')
    .usage('[--qemu <version>] FILE...')
    .description('Checks scenarios and reports their errors by file, line and column.')
    .argument('<file...>')
    .addOption(qemuOption())
    .helpOption('-h, --help', 'print this');
}

/**
 * @throws CliError with status 2, whose message is one line, if the line (without `run`) is wrong
 */
export function parseRun(args: readonly string[]): AskedRun | AskedText {
  const parsed = parseCommand<RawRun>(runParser(), args, nothingTo('run'));
  if ('text' in parsed) return parsed;
  const { raw } = parsed;
  if (raw.seed !== undefined && raw.seeds !== undefined) {
    throw usage('--seed and --seeds exclude each other');
  }
  if (raw.schedule !== undefined && (raw.seed ?? raw.seeds) !== undefined) {
    throw usage('--schedule says the whole order: leave the seed out');
  }
  if (raw.json === true && parsed.isTyped('reporter') && raw.reporter !== 'json') {
    throw usage(`--json and --reporter ${raw.reporter} exclude each other: leave one of them out`);
  }
  if (raw.watch) checkWatch(raw);
  if (raw.record !== undefined && raw.watch) {
    throw usage('--record and --watch exclude each other: replay --watch shows the recorded run');
  }
  if (raw.printExpect) checkPrintExpect(raw);
  return {
    files: parsed.operands,
    host: raw.host,
    qemuBuild: raw.qemuBuild,
    version: raw.qemu,
    printExpect: raw.printExpect,
    seeds: raw.seeds ?? (raw.seed === undefined ? [] : [raw.seed]),
    schedule: raw.schedule ?? null,
    repeat: raw.repeat,
    jobs: raw.jobs,
    reporter: raw.json === true ? 'json' : raw.reporter,
    timeoutNs: raw.watch || raw.timeout === 0 ? null : (raw.timeout ?? TIMEOUT_NS),
    trace: traceOptions(raw, 'qemu-loop run'),
    report: raw.report,
    record: raw.record,
    recordLast: recordLastOf(raw, 'qemu-loop run'),
    recordSignal: recordSignalOf(raw, 'qemu-loop run'),
    watch: raw.watch,
    explain: raw.explain,
    color: raw.color,
  };
}

/** @throws CliError for options that print something else */
function checkPrintExpect(raw: RawRun): void {
  const other =
    raw.json === true || raw.reporter !== 'pretty' ? '--reporter' : raw.watch ? '--watch' : null;
  if (other !== null) throw usage(`--print-expect and ${other} exclude each other`);
}

/** @throws CliError for options that do not fit the view of a single run */
function checkWatch({ json, reporter, jobs, timeout, explain }: RawRun): void {
  const kind = json === true ? 'json' : reporter;
  if (kind !== 'pretty') {
    throw usage(
      `--watch and the reporter ${kind} exclude each other: the reporter is pretty with it`,
    );
  }
  if (explain) throw usage('--watch and --explain exclude each other: press x in the view');
  if (jobs > 1) throw usage('--watch shows one run: leave --jobs out');
  if (timeout !== undefined)
    throw usage('--watch has no time limit: leave --timeout out, q ends the run');
}

/** @throws CliError with status 2, if the line (without `check`) is wrong */
export function parseCheck(args: readonly string[]): AskedCheck | AskedText {
  const parsed = parseCommand<{ qemu?: QemuVersion }>(checkParser(), args, nothingTo('check'));
  return 'text' in parsed ? parsed : { files: parsed.operands, version: parsed.raw.qemu };
}

function nothingTo(verb: string): string {
  return `there is nothing to ${verb}: add a file or a directory`;
}

function usage(message: string): Error {
  return usageError(message, 'qemu-loop run');
}

function schedule(text: string): string {
  if (parseSchedule(text) === null) {
    throw new InvalidArgumentError('expected one that `qemu-loop explore FILE` prints.');
  }
  return text;
}

function seedRange(text: string): number[] {
  const match = /^(\d+)\.\.(\d+)$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || from > to || to > MAX_SEED) {
    throw new InvalidArgumentError(
      `expected a range such as 1..100, of seeds from 0 to ${MAX_SEED}.`,
    );
  }
  if (to - from >= MOST_RUNS) throw new InvalidArgumentError(`it is more than ${MOST_RUNS} runs.`);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
