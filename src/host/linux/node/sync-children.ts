import { SIG_IGN, SIGCHLD } from '../../constants.ts';
import { newSigAction, type SignalMaskToken } from '../../host.ts';
import type { LinuxSignals } from '../signals.ts';

type Spawn = (...args: unknown[]) => unknown;

/** The function of Node's that execSync, execFileSync and spawnSync all call. */
interface SpawnSync {
  spawn: Spawn;
}

/**
 * execSync and the like while SIGCHLD is blocked. They wait in C for a SIGCHLD that libuv hears, and
 * no loop can hand it on meanwhile. So this thread unblocks it while they wait. Signals of other
 * children, which libuv's handler takes then, are made up for by one of our own.
 */
export class SyncChildren {
  readonly #signals: LinuxSignals;
  readonly #pid: number;
  /** Those of the blocks under way that have SIGCHLD. */
  readonly #blocks = new Set<SignalMaskToken>();
  readonly #before = newSigAction();
  /** Undoes the change of Node's function; null if it is unchanged. */
  #release: (() => void) | null = null;

  constructor(signals: LinuxSignals, pid: number) {
    this.#signals = signals;
    this.#pid = pid;
  }

  /** SIGCHLD may be blocked from now on. */
  block(token: SignalMaskToken): void {
    if (!token.signals.includes(SIGCHLD)) return;
    this.#blocks.add(token);
    this.#release ??= this.#guard();
  }

  unblock(token: SignalMaskToken): void {
    this.#blocks.delete(token);
    if (this.#blocks.size > 0) return;
    this.#release?.();
    this.#release = null;
  }

  #guard(): (() => void) | null {
    const binding = spawnSyncOfNode();
    if (binding === null) return null;
    const real = binding.spawn;
    let on = true;
    const guarded: Spawn = (...args) => {
      if (!on) return real.apply(binding, args);
      const undo = this.#enter();
      try {
        return real.apply(binding, args);
      } finally {
        undo();
      }
    };
    binding.spawn = guarded;
    return () => {
      on = false;
      // Somebody else may have changed it since.
      if (binding.spawn === guarded) binding.spawn = real;
    };
  }

  #enter(): () => void {
    const [signals, before] = [this.#signals, this.#before];
    signals.sigaction(SIGCHLD, null, before);
    const ours = before.handler <= SIG_IGN || before.handler === signals.handlerAddress;
    const saved = { ...before };
    // libuv installs its handler for the first of its children only, and ours may be over it.
    const uv = signals.lastForeign(SIGCHLD);
    if (ours && uv !== 0) signals.sigaction(SIGCHLD, { ...saved, handler: uv }, null);
    const reblock = signals.unblock(SIGCHLD);
    return () => {
      reblock();
      if (ours) signals.sigaction(SIGCHLD, saved, null);
      // To the process, since a thread of the pool may be the one that waits for it.
      signals.kill(this.#pid, SIGCHLD);
    };
  }
}

/** Null in programs that have none (Bun, Deno), or that forbid it (Node's permissions). */
function spawnSyncOfNode(): SpawnSync | null {
  const { binding } = process as unknown as { binding?: (name: string) => SpawnSync };
  const { noDeprecation } = process;
  try {
    // The only way to all of them, wherever they were imported.
    process.noDeprecation = true;
    const found = binding?.('spawn_sync');
    return typeof found?.spawn === 'function' ? found : null;
  } catch {
    return null;
  } finally {
    process.noDeprecation = noDeprecation as boolean;
  }
}
