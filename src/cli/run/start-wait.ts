import type { Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';
import { someWriter } from '../exit/write-all.ts';

/** The first word of a worker. */
export const BEGUN = 'begun';

const STDERR = 2;
const LOOK_MS = 1000;
/** Looks in a row that find it asleep, and no processor time spent, after which it counts as stuck. */
const LOOKS = 3;
/** Node starts, and then sleeps for ever, if the kernel refuses it one of its threads. */
const WHY = "too few threads may run: raise ulimit -u or the cgroup's pids.max";

export const NOT_BEGUN = `its process has not begun: perhaps ${WHY}`;

/** A process of Node's that was started. */
interface Worker {
  readonly pid?: number | undefined;
  once(event: 'message' | 'exit', listener: () => void): unknown;
}

/** The wait until a worker has come to its program. Says so if it sleeps instead. */
export class StartWait {
  readonly #worker: Worker;
  readonly #own: Host | null;
  readonly #timer: NodeJS.Timeout;
  #goesOn = true;
  #ticks = -1;
  #asleep = 0;

  constructor(worker: Worker, own: Host | null) {
    this.#worker = worker;
    this.#own = own;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    worker.once('message', () => {
      this.#goesOn = false;
      clearInterval(this.#timer);
    });
    worker.once('exit', () => clearInterval(this.#timer));
  }

  get goesOn(): boolean {
    return this.#goesOn;
  }

  #look(): void {
    const pid = this.#worker.pid ?? 0;
    const stat = this.#own === null ? undefined : new Proc(this.#own).stat(pid);
    const isAsleep = stat?.state === 'S' && stat.cpuTicks === this.#ticks;
    this.#asleep = isAsleep ? this.#asleep + 1 : 0;
    this.#ticks = stat?.cpuTicks ?? -1;
    if (this.#asleep < LOOKS) return;
    clearInterval(this.#timer);
    const text = `the process ${pid}, which is to run scenarios, has not begun yet`;
    someWriter(this.#own, STDERR)(`qemu-loop: ${text}: perhaps ${WHY}\n`);
  }
}
