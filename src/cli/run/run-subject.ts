/** A run of a scenario, as its view sees it. */

import type { Host } from '../../host/host.ts';
import type { Proc } from '../../host/proc.ts';
import type { SimHost } from '../../host/sim/sim-host.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import { LIVES, type ProcessState, processState } from '../watch/process-state.ts';
import type { Subject } from '../watch/subject.ts';
import type { RunChildren } from './run-children.ts';
import type { WatchThreads } from './watch-threads.ts';

/** A stamp of no event. */
const NO_EVENT = -2;

export function subjectOf(
  { main, world }: Machine,
  { rows }: RunChildren,
  threads: WatchThreads | null,
  proc: Proc,
  isReplay: boolean,
): Subject {
  const { host } = world;
  const simulated = isSimulated(host) ? host : null;
  return {
    loop: main.loop,
    children: rows,
    digits: simulated === null ? 6 : 9,
    outputTitle: 'order log',
    // The real world's start is set again when all objects exist.
    get startNs() {
      return world.startNs;
    },
    nowNs: () => world.stampNs(NO_EVENT),
    kernel: {
      pending: () => host.pendingSignals(),
      processState: (pid) => {
        // A recorded process is not one of this machine.
        if (isReplay) return LIVES;
        return simulated === null ? processState(proc, pid) : simulatedState(simulated, pid);
      },
    },
    isReal: simulated === null && !isReplay,
    look: (act) => world.look(act),
    ...(threads === null ? {} : { threads }),
  };
}

/** The state of a process that the machine's own /proc does not know. */
function simulatedState(host: SimHost, pid: number): ProcessState | null {
  const found = host.processes().find((one) => one.pid === pid);
  return found === undefined ? null : { word: found.state, cpuNs: 0 };
}

export function isSimulated(host: Host): host is SimHost {
  return host.kind === 'sim';
}

export function verdict({ status, failures }: RunResult): string {
  if (status === 0) return 'PASSED';
  return `FAILED: ${failures[0]!.message.split('\n')[0]}`;
}
