/** QEMU's own event loop as a host of scenarios. */

import { spawn } from 'node:child_process';
import { EACCES } from '../../host/errno.ts';
import type { Scenario } from '../../scenario/model.ts';
import {
  type DriverEnd,
  notOnQemu,
  qemuResult,
  refusedOnQemu,
} from '../../scenario/qemu/played.ts';
import { driverProgram } from '../../scenario/qemu/program.ts';
import { refusedByQemu } from '../../scenario/qemu/refusal.ts';
import { ranTooLong } from '../../scenario/run/ended.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import { whyOf } from '../exit/errors.ts';
import { TimeLimit } from '../exit/time-limit.ts';
import { driverOf } from './driver.ts';
import { buildAgain, openTree } from './tree.ts';
import type { TreeVersion } from './version.ts';

export interface QemuHostOptions {
  /** The build folder; undefined if nobody has named one. */
  readonly build: string | undefined;
  /** Whether the command line names it, rather than the environment. */
  readonly isTyped: boolean;
  /** The URL of driver.c. */
  readonly driver: URL;
}

/** An endless order log would fill the memory. */
const MOST_BYTES = 1 << 26;

export class QemuHost {
  /** Null if the tree does not tell it. */
  readonly version: TreeVersion | null;
  readonly #driver: string;

  /**
   * Builds the driver if it is not there.
   * @param tell writes whole lines for a person
   * @throws CliError if the folder is not a QEMU build, or the driver cannot be built
   */
  constructor({ build, driver }: QemuHostOptions, tell: (text: string) => void) {
    const tree = openTree(build);
    if (tree.isStale) {
      tell(`qemu-loop: QEMU's sources are newer than its build: ${buildAgain(tree)}\n`);
    }
    this.version = tree.version;
    this.#driver = driverOf(tree, driver, tell);
  }

  /** The result for a file that cannot run on QEMU; null if it can. */
  refuse(scenario: Scenario): RunResult | null {
    const refused = refusedByQemu(scenario);
    if (refused === null) return null;
    return refusedOnQemu(scenario, refused.why, refused.at);
  }

  /**
   * Runs a scenario in a process of its own. Never rejects.
   * @param timeoutNs when the process is killed; null for never
   */
  async run(scenario: Scenario, timeoutNs: number | null): Promise<RunResult> {
    const program = driverProgram(scenario);
    try {
      return qemuResult(scenario, program, await this.#drive(program.text, timeoutNs));
    } catch (error) {
      return notOnQemu(scenario, 3, { kind: 'error', message: this.#notStarted(error), at: null });
    }
  }

  #notStarted(error: unknown): string {
    const message = `the driver for QEMU cannot be started: ${this.#driver}: ${whyOf(error)}`;
    if ((error as { errno?: number }).errno !== -EACCES) return message;
    return `${message}: set XDG_CACHE_HOME to a folder whose file system takes programs`;
  }

  #drive(text: string, timeoutNs: number | null): Promise<DriverEnd> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#driver, { stdio: 'pipe' });
      const [stdout, stderr] = [new Collected(), new Collected()];
      let cutBy: string | null = null;
      const cut = (why: string): void => {
        cutBy ??= why;
        child.kill('SIGKILL');
      };
      const limit = new TimeLimit(timeoutNs, () => cut(ranTooLong(timeoutNs!)));
      const take = (into: Collected) => (data: Buffer) => {
        if (into.add(data) > MOST_BYTES) cut('it printed more than 64 MiB');
      };
      child.stdout.on('data', take(stdout));
      child.stderr.on('data', take(stderr));
      // It may end before it has read all.
      child.stdin.on('error', () => {});
      child.on('error', (error) => {
        limit.stop();
        reject(error);
      });
      child.on('close', (status, signal) => {
        limit.stop();
        resolve({ stdout: stdout.text, stderr: stderr.text, status, signal, cutBy });
      });
      child.stdin.end(text);
    });
  }
}

/** The bytes that a stream has brought so far. */
class Collected {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  /** Returns how many bytes there are. */
  add(data: Buffer): number {
    this.#pieces.push(data);
    this.#length += data.length;
    return this.#length;
  }

  get text(): string {
    return Buffer.concat(this.#pieces).toString('utf8');
  }
}
