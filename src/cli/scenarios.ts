/**
 * The commands that read scenarios, and the process that runs some of them: one bundle, of which
 * V8's code is kept. What they do not share is loaded when it is wanted.
 */

import type { Host } from '../host/host.ts';

export { scenarioMain } from './run/scenario-main.ts';

/** `qemu-loop fuzz`. */
export async function fuzzMain(own: Host | null, args: readonly string[]): Promise<number> {
  const fuzz = await import('./fuzz/fuzz-main.ts');
  return fuzz.fuzzMain(own, args);
}

/** `qemu-loop replay`. */
export async function replayCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const replay = await import('./replay/replay-command.ts');
  return replay.replayCommand(own, args);
}

/** `qemu-loop explore`. */
export async function exploreCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const explore = await import('./explore/explore-command.ts');
  return explore.exploreCommand(own, args);
}

/** `qemu-loop museum`. */
export async function museumCommand(own: Host | null, args: readonly string[]): Promise<number> {
  const museum = await import('./museum/museum-command.ts');
  return museum.museumCommand(own, args);
}

/** All that a process does that runs scenarios for its parent. */
export async function scenarioWorker(): Promise<void> {
  await import('./run/scenario-worker.ts');
}
