/** The options of `--spawn`, by subject. */

import { Option } from 'commander';
import { SIGTERM } from '../../host/constants.ts';
import { LOG_LEVELS } from '../log/log.ts';
import { duration } from '../options/option-values.ts';
import { recordLastFlag, recordSignalFlag } from '../options/record-options.ts';
import { signal } from '../options/signal-value.ts';
import {
  descriptors,
  ignorable,
  passedOn,
  rewrite,
  signalOrNone,
  statuses,
} from './signal-values.ts';

function option(flags: string, text: string, group: string): Option {
  return new Option(flags, text).helpGroup(group);
}

const WHAT = 'What to run:';
const SHOW = 'What is shown:';
const SIGNALS = 'Signals and ends:';
const REST = 'Others:';

const add = (text: string, before: string[]): string[] => [...before, text];
const more = (_: string, before: number): number => before + 1;

/** Options about the programs to run. */
export function whatFlags(): Option[] {
  return [
    option('--spawn <cmd>', 'run CMD with /bin/sh -c; repeatable', WHAT)
      .argParser(add)
      .default([], ''),
    option(
      '-s, --subreaper',
      'at the end, also end processes left behind (the default as pid 1)',
      WHAT,
    ).default(false, ''),
    option('--pass-fd <n>', 'children inherit descriptor N too: 3, 3,4 or 3-5; repeatable', WHAT)
      .argParser(descriptors)
      .default([], ''),
  ];
}

/** Options about the output. */
export function showFlags(): Option[] {
  return [
    option('--prefix', "put the child's number before each line of its output", SHOW).default(
      false,
      '',
    ),
    option(
      '--watch',
      'a full-screen view of the loop; implies --prefix, needs a terminal',
      SHOW,
    ).default(false, ''),
    option('--explain', 'under each kind of line of the log, why it is there', SHOW).default(
      false,
      '',
    ),
    option('-q, --quiet', 'no log and no summary, only errors', SHOW).default(false, ''),
    option('-v, --verbose', 'more: -v is --log-level debug, -vv is trace', SHOW)
      .argParser(more)
      .default(0, ''),
    option(
      '--log-level <level>',
      'error, warn, info (the chain; the default), debug, trace',
      SHOW,
    ).choices(LOG_LEVELS),
    option('--log-format <format>', 'pretty (the default) or json', SHOW)
      .choices(['pretty', 'json'])
      .default('pretty', ''),
    option('--log-file <file>', 'append the log to FILE instead of stderr', SHOW),
    option('--color <when>', 'auto, always or never (also NO_COLOR, FORCE_COLOR)', SHOW)
      .choices(['auto', 'always', 'never'])
      .default('auto', ''),
  ];
}

/** Options about signals, ends, and exit statuses. */
export function signalFlags(): Option[] {
  return [
    option(
      '-g, --group',
      'give each child a process group, and send signals to all of it',
      SIGNALS,
    ).default(false, ''),
    option(
      '--grace <duration>',
      'SIGKILL this long after SIGTERM or SIGINT (default 10s; 0: at once)',
      SIGNALS,
    )
      .argParser(duration)
      .default(10e9, ''),
    option(
      '--timeout <duration>',
      'SIGTERM after that time, then as --grace; exit 124',
      SIGNALS,
    ).argParser(duration),
    option(
      '--timeout-signal <signal>',
      'the signal that --timeout sends instead of SIGTERM',
      SIGNALS,
    )
      .argParser(signal)
      .default(SIGTERM, ''),
    option(
      '--kill-child <signal>',
      'the signal for each child when qemu-loop is killed (default TERM; 0: none)',
      SIGNALS,
    ).argParser(signalOrNone),
    option(
      '--ignore-signal <signal>',
      'children start with that signal ignored, as under nohup; repeatable',
      SIGNALS,
    )
      .argParser(ignorable)
      .default([], ''),
    option(
      '-p, --pdeathsig <signal>',
      'the signal that we get when our parent dies',
      SIGNALS,
    ).argParser(signal),
    option('--rewrite <from:to>', 'pass signal FROM on as TO; TO 0 drops it; repeatable', SIGNALS)
      .argParser(rewrite)
      .default(new Map(), ''),
    option(
      '-e, --ok-exit <status>',
      'that exit status counts as 0: 3 or 3,5 or 64-78; repeatable',
      SIGNALS,
    )
      .argParser(statuses)
      .default(new Set(), ''),
    option(
      '--success <which>',
      'whose exit status is ours: first or last to end, or all (the first failure in order; the default)',
      SIGNALS,
    )
      .choices(['first', 'last', 'all'])
      .default('all', ''),
  ];
}

/** Options about the loop itself. */
export function otherFlags(): Option[] {
  return [
    option('--sigfd <how>', 'how signals come: auto, native or compat', REST)
      .choices(['auto', 'native', 'compat'])
      .default('auto', ''),
    option('--record <file>', "keep the kernel's answers in FILE, for qemu-loop replay", REST),
    recordLastFlag('the exit status is not 0').helpGroup(REST),
    recordSignalFlag(passedOn).helpGroup(REST),
    option('-V, --version', 'print the version', REST),
  ];
}

/** Commander keeps it separate from the others. */
export function helpFlag(): Option {
  return option('-h, --help', 'print this', REST);
}
