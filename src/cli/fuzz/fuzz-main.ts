/** `qemu-loop fuzz`: from the command line to the exit status. */

import { stringify } from 'yaml';
import { DEFAULT_QEMU } from '../../aio/profile.ts';
import type { Host } from '../../host/host.ts';
import { durationText } from '../../scenario/values.ts';
import { SpareWorkers } from '../../thread/spare-workers.ts';
import { visible } from '../../trace/visible.ts';
import { allWriter } from '../exit/write-all.ts';
import { otherLoops } from '../qemu/version.ts';
import { inOrder } from '../run/in-order.ts';
import { ScenarioPool } from '../run/pool.ts';
import { differenceLines } from '../run/reporters/failure-text.ts';
import { isTerminal } from '../terminal/terminal.ts';
import { shellWord } from '../text/style.ts';
import { type AskedFuzz, DEFAULT_LIMIT_NS, parseFuzz } from './fuzz-options.ts';
import { type Comparison, compare, type FuzzHosts, scenarioOfSeed, written } from './hosts.ts';
import type { PlainScenario } from './random-scenario.ts';
import { reduce } from './reduce.ts';

const STDERR = 2;
/** More differences of one cause tell nothing new. */
const MOST_DIFFERENT = 10;
const MOST_COLUMNS = 100;

/**
 * Runs a command line (without `fuzz`) to its end.
 * @param own the process's own host
 * @returns the exit status
 * @throws CliError if the command line is wrong, or QEMU's driver cannot be built
 */
export async function fuzzMain(own: Host | null, args: readonly string[]): Promise<number> {
  const [out, err] = [allWriter(own, 1), allWriter(own, STDERR)];
  const asked = parseFuzz(args);
  if ('text' in asked) {
    out(asked.text);
    return 0;
  }
  const progress = isTerminal(own, STDERR) ? err : null;
  const script = new URL('./scenario-worker.cjs', import.meta.url);
  const pool = new ScenarioPool(script, { jobs: asked.jobs, watch: false, own });
  const { hosts, version, uring, threads, timeoutNs } = asked;
  const qemu = hosts.includes('qemu') ? await openQemu(asked, err) : null;
  const treeHasExternal = qemu?.version?.hasExternal;
  const spare = new SpareWorkers();
  try {
    const loop = { version, uring, threads, treeHasExternal };
    const on = { hosts, ...loop, pool, spare, qemu, timeoutNs };
    return await new Fuzz(asked, on, out, progress).run();
  } finally {
    spare.dispose();
    err(pool.close());
  }
}

async function openQemu(
  { qemuBuild, version = DEFAULT_QEMU }: AskedFuzz,
  err: (text: string) => void,
) {
  const { QemuHost } = await import('../qemu/qemu-host.ts');
  const driver = new URL('./qemu-driver/driver.c', import.meta.url);
  const isTyped = qemuBuild !== undefined;
  const asked = { build: qemuBuild ?? process.env.QEMU_BUILD, isTyped, driver };
  const qemu = new QemuHost(asked, err);
  err(otherLoops(qemu.version, [version]));
  return qemu;
}

class Fuzz {
  readonly #asked: AskedFuzz;
  readonly #hosts: FuzzHosts;
  readonly #out: (text: string) => void;
  readonly #progress: ((text: string) => void) | null;
  #done = 0;
  #different = 0;
  /** How many QEMU could not run. */
  #leftOut = 0;
  #entries = 0;
  #isOver = false;
  /** By seed, what is known of differences that were not told yet. */
  readonly #untold = new Map<number, () => string>();

  constructor(
    asked: AskedFuzz,
    hosts: FuzzHosts,
    out: (text: string) => void,
    progress: ((text: string) => void) | null,
  ) {
    this.#asked = asked;
    this.#hosts = hosts;
    this.#out = out;
    this.#progress = progress;
  }

  async run(): Promise<number> {
    const { seed, count, jobs } = this.#asked;
    const seeds = Array.from({ length: count }, (_, i) => seed + i);
    process.once('SIGINT', this.#interrupt);
    try {
      await inOrder(seeds, jobs, {
        start: (one) => this.#one(one),
        done: (one) => this.#tellOf(one),
      });
    } finally {
      process.off('SIGINT', this.#interrupt);
    }
    this.#tell(`${this.#totals()}\n`);
    return this.#different > 0 ? 1 : 0;
  }

  /** Tells what is known. Then the signal ends us; the pool waits for its workers first. */
  readonly #interrupt = (): void => {
    for (const lines of this.#untold.values()) this.#tell(lines());
    this.#tell(`${this.#totals('interrupted: ')}\n`);
    this.#isOver = true;
    process.kill(process.pid, 'SIGINT');
  };

  #tellOf(seed: number): void {
    const lines = this.#untold.get(seed);
    this.#untold.delete(seed);
    if (lines !== undefined) this.#tell(lines());
  }

  #tell(lines: string): void {
    if (this.#isOver) return;
    this.#progress?.('\r\x1b[K');
    this.#out(lines);
  }

  /** Compares the scenario of a seed, and returns the seed. */
  async #one(seed: number): Promise<number> {
    // Those that are under way are finished.
    if (this.#different < MOST_DIFFERENT) await this.#compare(seed);
    return seed;
  }

  async #compare(seed: number): Promise<void> {
    const plain = scenarioOfSeed(seed, this.#hosts);
    const compared = await compare(plain, this.#hosts);
    this.#done++;
    if (!this.#isOver)
      this.#progress?.(`\r\x1b[K[${this.#done}/${this.#asked.count}] seed ${seed}`);
    if (compared === null) {
      this.#leftOut++;
      return;
    }
    this.#entries += compared.results[0]!.order.length;
    if (compared.differences.length === 0) return;
    this.#different++;
    let smallest = plain;
    this.#untold.set(seed, () => this.#lines(seed, smallest, compared));
    const ended = compared.results.filter(({ abort }) => abort === null);
    const smaller = { ends: new Set(ended.map(({ host }) => host)) };
    const small = await reduce(plain, async (less) => {
      // Without them it is a scenario for another loop than that of the QEMU beside it.
      if (less.qemu !== plain.qemu || less.fdmon !== plain.fdmon) return false;
      const now = await compare(less, this.#hosts, smaller);
      const differs = now !== null && now.differences.length > 0;
      if (differs) smallest = less;
      return differs;
    });
    // A rare difference may be gone by now.
    const last = await compare(small, this.#hosts);
    const shown = last === null || last.differences.length === 0 ? compared : last;
    this.#untold.set(seed, () => this.#lines(seed, small, shown));
  }

  #lines(seed: number, small: PlainScenario, { results, differences }: Comparison): string {
    const whole = written(small, this.#hosts);
    const file = stringify(whole, {
      lineWidth: MOST_COLUMNS,
      flowCollectionPadding: false,
    });
    const errors = results.flatMap(({ host, abort }) =>
      abort === null ? [] : [`${host}: ${abort}`],
    );
    const lines = [
      `# seed ${seed} comes out differently:`,
      ...differences.flatMap((one) => differenceLines(one)).map((line) => `#${line}`),
      ...errors.map((line) => `# ${visible(line)}`),
      `# again: ${this.#again(seed)}`,
      file,
    ];
    return `${lines.join('\n')}\n`;
  }

  #again(seed: number): string {
    const { hosts, qemuBuild, version, uring, threads, timeoutNs } = this.#asked;
    const monitor = uring ? ' --fdmon io_uring' : '';
    const profile = version === undefined ? '' : ` --qemu ${version}${monitor}`;
    const tree = qemuBuild === undefined ? '' : ` --qemu-build ${shellWord(qemuBuild)}`;
    const several = threads ? ' --threads' : '';
    const limit = timeoutNs === DEFAULT_LIMIT_NS ? '' : ` --timeout ${durationText(timeoutNs)}`;
    const all = `${tree}${profile}${several} --seed ${seed} --count 1${limit}`;
    return `qemu-loop fuzz --host ${hosts.join(',')}${all}`;
  }

  #totals(before = ''): string {
    const { hosts, count } = this.#asked;
    const left = this.#leftOut === 0 ? '' : `, ${this.#leftOut} left out`;
    const enough = this.#done < count ? `; ${count - this.#done} not tried` : '';
    const entries = `${this.#entries} entries of their order logs`;
    const ran = `${this.#done} random scenarios on ${hosts.join(' and ')}, ${entries}`;
    return `# ${before}${ran}: ${this.#different} came out differently${left}${enough}`;
  }
}
