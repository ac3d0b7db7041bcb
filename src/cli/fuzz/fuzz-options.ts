/** The command line of `qemu-loop fuzz`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import type { QemuVersion } from '../../aio/profile.ts';
import type { HostName } from '../../scenario/run/run.ts';
import { MAX_SEED } from '../../scenario/values.ts';
import { countTo, seed } from '../options/number-values.ts';
import { duration, qemuOption } from '../options/option-values.ts';
import { type AskedText, parseCommand, usageError } from '../options/parse-command.ts';

const NAMES: readonly HostName[] = ['sim', 'linux', 'qemu'];
const MOST = 10_000_000;
export const DEFAULT_LIMIT_NS = 10e9;

/** The options of a fuzz, before it is known where it runs. */
export interface AskedFuzz {
  /** Two or three, in the order of NAMES. */
  readonly hosts: readonly HostName[];
  readonly qemuBuild: string | undefined;
  /** The QEMU that the scenarios are for. */
  readonly version: QemuVersion | undefined;
  /** Whether they wait with io_uring. */
  readonly uring: boolean;
  /** Whether they have several threads. */
  readonly threads: boolean;
  /** The first seed. */
  readonly seed: number;
  /** How many seeds. */
  readonly count: number;
  readonly jobs: number;
  /** The limit of each run on a host that takes time, ns. */
  readonly timeoutNs: number;
}

const TEXT = `
Each seed is one scenario, the same on every machine. One that comes out
differently is made as small as it can be, and printed, with the command that
repeats it.

Examples:
  qemu-loop fuzz --count 1000
  qemu-loop fuzz --host sim,qemu --qemu-build ~/qemu/build --seed 5000
  qemu-loop fuzz --host sim,qemu --threads --count 200

Exit status: 0 all came out the same, 1 some did not, 2 the command line is
wrong, 125 QEMU's driver cannot be built, or no worker started.
`;

interface Raw {
  host: HostName[];
  qemuBuild?: string;
  qemu?: QemuVersion;
  fdmon: 'auto' | 'io_uring';
  threads: boolean;
  seed: number;
  count: number;
  jobs: number;
  timeout: number;
}

function parser(): Command {
  return new Command('qemu-loop fuzz')
    .usage('[options]')
    .description('Compares hosts by random scenarios.')
    .addOption(
      new Option('--host <hosts>', 'two or three of sim, linux and qemu (default sim,linux)')
        .argParser(hosts)
        .default(['sim', 'linux']),
    )
    .addOption(
      new Option('--qemu-build <dir>', 'the build folder of the QEMU (default: $QEMU_BUILD)'),
    )
    .addOption(qemuOption(' (default 7.2)'))
    .addOption(
      new Option('--fdmon <monitor>', 'with --qemu 11: how the loop waits (default auto)')
        .choices(['auto', 'io_uring'])
        .default('auto'),
    )
    .addOption(
      new Option('--threads', 'scenarios of several threads, of which one moves at a time').default(
        false,
      ),
    )
    .addOption(new Option('--seed <n>', 'the first seed (default 1)').argParser(seed).default(1))
    .addOption(
      new Option('--count <n>', 'how many seeds (default 1000)')
        .argParser(countTo(MOST))
        .default(1000),
    )
    .addOption(
      new Option('--jobs <n>', 'N at a time (default 1)').argParser(countTo(MOST)).default(1),
    )
    .addOption(
      new Option('--timeout <duration>', 'limit for each run, in real time (default 10s)')
        .argParser(limit)
        .default(DEFAULT_LIMIT_NS),
    )
    .helpOption('-h, --help', 'print this')
    .addHelpText('after', TEXT);
}

/** @throws CliError with status 2, whose message is one line, if the line (without `fuzz`) is wrong */
export function parseFuzz(args: readonly string[]): AskedFuzz | AskedText {
  const parsed = parseCommand<Raw>(parser(), args);
  if ('text' in parsed) return parsed;
  const { host, qemuBuild, qemu, fdmon, timeout, ...others } = parsed.raw;
  if (others.seed + others.count - 1 > MAX_SEED) {
    const message = `--seed and --count go beyond the last seed, which is ${MAX_SEED}`;
    throw usageError(message, 'qemu-loop fuzz');
  }
  const uring = fdmon === 'io_uring';
  if (uring && qemu !== '11') {
    throw usageError('--fdmon io_uring needs --qemu 11', 'qemu-loop fuzz');
  }
  return { ...others, uring, hosts: host, qemuBuild, version: qemu, timeoutNs: timeout };
}

function hosts(text: string): HostName[] {
  const asked = text.split(',');
  const known = NAMES.filter((name) => asked.includes(name));
  if (known.length < 2 || known.length !== asked.length) {
    throw new InvalidArgumentError('expected two or three of sim, linux and qemu, as in sim,qemu.');
  }
  return known;
}

function limit(text: string): number {
  const ns = duration(text);
  if (ns === 0) throw new InvalidArgumentError('expected a duration above 0.');
  return ns;
}
