/** The hosts of a run: which there are, and which of them can run a file. */

import type { Scenario } from '../../scenario/model.ts';
import { type HostName, type RunResult, refuse } from '../../scenario/run/run.ts';
import { durationText } from '../../scenario/values.ts';
import { visible } from '../../trace/visible.ts';
import type { QemuHost } from '../qemu/qemu-host.ts';
import type { LeftOut } from './outcome.ts';
import type { ScenarioPool } from './pool.ts';

/** The hosts that a --host stands for, in the order in which they run. */
export const HOSTS: Readonly<Record<HostName | 'both' | 'all', readonly HostName[]>> = {
  sim: ['sim'],
  linux: ['linux'],
  qemu: ['qemu'],
  both: ['sim', 'linux'],
  all: ['sim', 'linux', 'qemu'],
};

/** Runs scenarios outside of this process. */
export interface Runners {
  readonly pool: ScenarioPool;
  /** Null if no run asks for it. */
  readonly qemu: QemuHost | null;
}

export interface Places {
  /** The hosts to run on; none if one refuses the file. */
  readonly hosts: readonly HostName[];
  /** The refusals. */
  readonly results: RunResult[];
  readonly leftOut: LeftOut[];
}

/**
 * A file that one of the hosts refuses is run on none: it may have effects. But where several are
 * compared, QEMU is left out of what it cannot run, and so is every host but the simulated one if
 * the file is made for that alone.
 */
export function placesFor(
  one: {
    readonly scenario: Scenario;
    readonly host: keyof typeof HOSTS;
    readonly seed: number | null;
  },
  { qemu }: Runners,
): Places {
  const { scenario, host, seed } = one;
  const asked = HOSTS[host];
  const refused = (name: HostName): RunResult | null =>
    name === 'qemu' ? qemu!.refuse(scenario) : refuse(scenario, name, seed ?? undefined);
  const refusals = asked.flatMap((name) => refused(name) ?? []);
  const without = new Set(refusals.map((refusal) => refusal.host));
  const hosts = asked.filter((name) => !without.has(name));
  const isNeeded = (refusal: RunResult): boolean =>
    refusal.host !== 'qemu' && refusal.needs !== 'sim';
  if (hosts.length === 0 || refusals.some(isNeeded)) {
    return { hosts: [], results: refusals, leftOut: [] };
  }
  return { hosts, results: [], leftOut: refusals.map(absent) };
}

/** The note on a host that has refused a file, beside others that ran it. */
export function absent({ host, failures: [first] }: RunResult): LeftOut {
  return { host, at: first!.at, why: first!.message };
}

/** The order log of a run that nobody has followed, in lines. */
export function orderText({ order }: Pick<RunResult, 'order'>): string {
  return order
    .map(({ text, timeNs, iteration }) => {
      const when = `${durationText(timeNs).padStart(12)}  #${iteration}`;
      return `${when}  ${visible(text)}\n`;
    })
    .join('');
}
