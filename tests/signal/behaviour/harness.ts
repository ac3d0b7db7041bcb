/** The environment of a behaviour case: a loop, signals and children of its own, on the real kernel. */

import { readdirSync } from 'node:fs';
import { QEMU_CLOCK_REALTIME } from '../../../src/aio/clock.ts';
import { F_GETFD, NSIG, P_PID, WEXITED, WNOWAIT } from '../../../src/host/constants.ts';
import { newSigAction, newWaitResult, type SpawnRequest } from '../../../src/host/host.ts';
import type { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';
import {
  type ChildEvent,
  ChildWatch,
  type ChildWatchOptions,
} from '../../../src/signal/child-watch.ts';
import { Signals } from '../../../src/signal/signals.ts';

export type Mode = 'native' | 'compat';

export interface BehaviourCase {
  readonly name: string;
  /** The only mode in which it runs; by default both. */
  readonly only?: Mode;
  run(env: Env): void | Promise<void>;
}

/** The limit of a wait for something that will not come. It decides nothing else. */
const GIVE_UP_NS = 100e9;
/** More iterations than any case needs. */
const MOST_ITERATIONS = 10_000;

export class Env {
  readonly mode: Mode;
  readonly host: LinuxHost;
  readonly loop: MainLoop;
  /** One-line reports of reads that went wrong; there should be none. */
  readonly reports: string[] = [];
  readonly #undo: (() => void)[] = [];
  #gaveUp = false;

  constructor(mode: Mode, host: LinuxHost) {
    this.mode = mode;
    this.host = host;
    this.loop = new MainLoop({ host });
    this.#undo.push(() => this.loop.close());
  }

  signals(...signals: number[]): Signals {
    const report = (line: string): void => {
      this.reports.push(line);
    };
    const made = new Signals(this.loop, { signals, sigfd: this.mode, onProblem: report });
    this.#undo.push(() => made.dispose());
    return made;
  }

  watch(signals: Signals, options: Partial<ChildWatchOptions> = {}): ChildWatch {
    const made = new ChildWatch({
      loop: this.loop,
      signals,
      times: this.loop.pollTimes,
      ...options,
    });
    this.#undo.push(() => made.dispose());
    return made;
  }

  /** Undone at the end, the last first. */
  atEnd(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Lets the loop run until it is so. Every wait of it blocks. */
  until(what: string, isSo: () => boolean): void {
    const timer = this.loop.timers.newTimer(QEMU_CLOCK_REALTIME, 'give up', () => {
      this.#gaveUp = true;
    });
    timer.modFromNowNs(GIVE_UP_NS);
    while (!isSo()) {
      this.loop.mainLoopWait(false);
      if (this.#gaveUp) throw new Error(`waited in vain: ${what}`);
    }
    timer.del();
  }

  /** Iterates while there is something to do at once. */
  settle(): void {
    let idle = 0;
    for (let i = 0; idle < 3; i++) {
      if (i === MOST_ITERATIONS) throw new Error('the loop does not come to rest');
      idle = this.loop.mainLoopWait(true) === 0 ? idle + 1 : 0;
    }
  }

  /** Waits, beside the loop, until a child has ended. It stays to be reaped. */
  waitForZombie(pid: number): void {
    this.host.waitid(P_PID, pid, WEXITED | WNOWAIT, newWaitResult());
  }

  dispose(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

export function sh(script: string): SpawnRequest {
  return { file: '/bin/sh', argv: ['sh', '-c', script] };
}

/** `exited 3`, `killed 9`, `stopped 19`, `continued 18`, … */
export function ending({ code, status }: ChildEvent): string {
  return `${['', 'exited', 'killed', 'dumped', 'trapped', 'stopped', 'continued'][code]} ${status}`;
}

/** All that a case could leave behind, as text, to compare before and after. */
export function footprint(host: LinuxHost): Record<string, string> {
  const act = newSigAction();
  const actions: string[] = [];
  for (let signo = 1; signo <= NSIG; signo++) {
    if (host.sigaction(signo, null, act) === 0 && act.handler !== 0) {
      actions.push(`${signo}:${act.handler}:${act.flags}`);
    }
  }
  return {
    // The listing's own descriptor is among them, and gone by now.
    descriptors: readdirSync('/proc/self/fd')
      .filter((fd) => host.fcntl(Number(fd), F_GETFD, 0) >= 0)
      .join(' '),
    children: host.children().join(' '),
    blocked: host.blockedSignals().join(' '),
    pending: host.pendingSignals().join(' '),
    dispositions: actions.join(' '),
    subreaper: String(host.prctl(37, 0)),
  };
}
