/** Options of a run that do not fit what is to be run. */

import type { Scenario } from '../../scenario/model.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';
import type { TraceOptions } from '../options/trace-options.ts';
import { HOSTS } from './hosts.ts';

/** Options that show a single run. */
interface ShownRun {
  readonly repeat: number;
  readonly printExpect: boolean;
  readonly trace: TraceOptions | null;
  readonly report: string | undefined;
  readonly record: string | undefined;
  readonly watch: boolean;
  readonly explain: boolean;
}

interface PlannedRun {
  readonly scenario: Scenario;
  readonly host: keyof typeof HOSTS;
}

/** Refuses several runs for options that show a single run. */
export function refuseMany(options: ShownRun, planned: readonly PlannedRun[]): void {
  const option = oneRunOption(options);
  const runs = planned.reduce((sum, { host }) => sum + HOSTS[host].length, 0);
  if (option === null || runs === 1) return;
  const again = options.repeat === 1 ? '' : ', and leave --repeat out';
  const message = `${option} shows one run, and there are ${runs}: name one file, one --host and one --seed${again}`;
  throw new CliError(message, EXIT_USAGE);
}

/** Refuses runs that cannot be recorded. */
export function refuseRecord(planned: readonly PlannedRun[]): void {
  for (const { host } of planned) {
    if (host === 'sim') {
      const message =
        '--record is for the real kernel: a simulated run is the same each time, by its seed. Add --host linux, or leave --record out';
      throw new CliError(message, EXIT_USAGE);
    }
  }
}

function oneRunOption(options: ShownRun): string | null {
  return options.printExpect ? '--print-expect' : ownLoopOption(options);
}

/** The option that shows the events of our own loop. */
export function ownLoopOption({ trace, report, record, watch, explain }: ShownRun): string | null {
  if (watch) return '--watch';
  if (explain) return '--explain';
  if (report !== undefined) return '--report';
  if (record !== undefined) return '--record';
  return trace === null ? null : '--trace-file';
}
