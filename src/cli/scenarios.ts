/**
 * The commands that read scenarios, and the process that runs some of them: one bundle, of which
 * V8's code is kept. What they do not share is loaded when it is wanted.
 */

import type { Host } from '../host/host.ts';
import { scenarioMain } from './run/scenario-main.ts';

/** Runs one of them: a command line that begins with its name. Returns the exit status. */
export async function scenariosCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  switch (name) {
    case 'replay':
      return (await import('./replay/replay-command.ts')).replayCommand(own, rest);
    case 'fuzz':
      return (await import('./fuzz/fuzz-main.ts')).fuzzMain(own, rest);
    case 'explore':
      return (await import('./explore/explore-command.ts')).exploreCommand(own, rest);
    case 'museum':
      return (await import('./museum/museum-command.ts')).museumCommand(own, rest);
    default:
      return scenarioMain(own, args);
  }
}

/** All that a process does that runs scenarios for its parent. */
export async function scenarioWorker(): Promise<void> {
  await import('./run/scenario-worker.ts');
}
