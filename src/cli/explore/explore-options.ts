/** The command line of `qemu-loop explore`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import type { QemuVersion } from '../../aio/profile.ts';
import { countTo } from '../options/number-values.ts';
import { colorOption, qemuOption } from '../options/option-values.ts';
import { type AskedText, parseCommand, usageError } from '../options/parse-command.ts';

const TEXT = `
Without a program it lists them, and their weakenings. A weakening leaves out a
barrier, or a step, that the shipped code has.

FILE is a scenario (.yaml): every order that it leaves open is run on the
simulated host: which of the events at the same time, or within its jitter,
comes first, and when a thread loses the processor.

Models: sc, each operation takes effect at once; tso, a plain store waits in its
thread's buffer, as on x86; pso, stores of different words reach memory in any
order. By default the strongest in which the weakening fails; pso without one.

Examples:
  qemu-loop explore
  qemu-loop explore inbox
  qemu-loop explore aio_notify --without smp_mb --model tso
  qemu-loop explore aio_notify --without smp_mb --html story.html
  qemu-loop explore scenarios/threads/big-lock-given-back.yaml

Exit status: 0 no interleaving or order is wrong, 1 one is, 2 the command line
is wrong, 125 the memory was used up or a file cannot be written, 130 after
Ctrl-C.
`;

/** The options as typed. */
export interface AskedExplore {
  readonly program: string | undefined;
  /** Whether that is the file of a scenario. */
  readonly isFile: boolean;
  /** The most times that a thread loses the processor in a run. */
  readonly preemptions: number;
  readonly mostRuns: number;
  /** The QEMU that a file is for, instead of its own. */
  readonly version: QemuVersion | undefined;
  readonly without: string;
  readonly model: 'SC' | 'TSO' | 'PSO' | undefined;
  /** Whether orders of independent steps count as one. */
  readonly reduce: boolean;
  readonly mostBytes: number;
  readonly view: 'steps' | 'lanes' | undefined;
  readonly html: string | undefined;
  readonly promela: string | undefined;
  readonly json: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

interface Raw {
  readonly without?: string;
  readonly model?: 'sc' | 'tso' | 'pso';
  readonly reduction: boolean;
  readonly memory: number;
  readonly view?: 'steps' | 'lanes';
  readonly html?: string;
  readonly promela?: string;
  readonly preemptions: number;
  readonly runs: number;
  readonly qemu?: QemuVersion;
  readonly json?: boolean;
  readonly color: 'auto' | 'always' | 'never';
}

const MEGABYTE = 2 ** 20;
const MOST_MEGABYTES = 65_536;

function megabytes(text: string): number {
  if (!/^[1-9]\d*$/.test(text) || Number(text) > MOST_MEGABYTES) {
    throw new InvalidArgumentError(`expected MiB from 1 to ${MOST_MEGABYTES}.`);
  }
  return Number(text);
}

const MOST_RUNS = 1_000_000;
const MOST_PREEMPTIONS = 100;

function fromZero(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > MOST_PREEMPTIONS) {
    throw new InvalidArgumentError(`expected a number from 0 to ${MOST_PREEMPTIONS}.`);
  }
  return Number(text);
}

/** Options that only programs have, and that only files have. */
const OF_PROGRAMS = ['without', 'model', 'reduction', 'memory', 'view', 'html', 'promela'] as const;
const OF_FILES = ['preemptions', 'runs', 'qemu'] as const;

function flag(option: string): string {
  return option === 'reduction' ? 'no-reduction' : option;
}

function define(): Command {
  return new Command('qemu-loop explore')
    .usage('[PROGRAM | FILE] [options]')
    .description(
      'Runs every interleaving of the protocols between threads, on the shipped code; or every order of a scenario.',
    )
    .argument('[program]')
    .addOption(new Option('--without <weakening>', 'leave this out'))
    .addOption(new Option('--model <model>', 'sc, tso or pso').choices(['sc', 'tso', 'pso']))
    .addOption(
      new Option('--no-reduction', 'visit also orders that differ only in independent steps'),
    )
    .addOption(
      new Option('--memory <MiB>', 'the most memory for states (default 1024)')
        .argParser(megabytes)
        .default(1024),
    )
    .addOption(
      new Option(
        '--view <view>',
        'steps, a line for each, or lanes, a drawing (by default both as far as they fit)',
      ).choices(['steps', 'lanes']),
    )
    .addOption(new Option('--html <file>', 'write the story of an error as a page'))
    .addOption(new Option('--promela <file>', 'write the program as a model for Spin (under sc)'))
    .addOption(
      new Option(
        '--preemptions <n>',
        'of a scenario: how often a thread may lose the processor (default 2)',
      )
        .argParser(fromZero)
        .default(2),
    )
    .addOption(
      new Option('--runs <n>', 'of a scenario: stop after N runs (default 10000)')
        .argParser(countTo(MOST_RUNS))
        .default(10_000),
    )
    .addOption(qemuOption())
    .addOption(new Option('--json', 'print the result as JSON'))
    .addOption(colorOption())
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', TEXT);
}

/** @throws CliError with status 2 if the line (without `explore`) is wrong */
export function parseExplore(args: readonly string[]): AskedExplore | AskedText {
  const parsed = parseCommand<Raw>(define(), args);
  if ('text' in parsed) return parsed;
  const { raw, operands } = parsed;
  const [program] = operands;
  const isFile = program !== undefined && /[./]/.test(program);
  const typed = <N extends keyof Raw>(names: readonly N[]): N | undefined =>
    names.find((name) => parsed.isTyped(name));
  const ofPrograms = typed(OF_PROGRAMS);
  if (ofPrograms !== undefined && (program === undefined || isFile)) {
    const why = isFile
      ? 'is for programs, not for files: leave it out'
      : 'needs a program: name one';
    throw usageError(`--${flag(ofPrograms)} ${why}`, 'qemu-loop explore');
  }
  const ofFiles = typed(OF_FILES);
  if (ofFiles !== undefined && !isFile) {
    throw usageError(`--${ofFiles} is for scenarios: name a file`, 'qemu-loop explore');
  }
  return {
    program,
    isFile,
    preemptions: raw.preemptions,
    mostRuns: raw.runs,
    version: raw.qemu,
    without: raw.without ?? '',
    model: raw.model?.toUpperCase() as AskedExplore['model'],
    reduce: raw.reduction,
    mostBytes: raw.memory * MEGABYTE,
    view: raw.view,
    html: raw.html,
    promela: raw.promela,
    json: raw.json === true,
    color: raw.color,
  };
}
