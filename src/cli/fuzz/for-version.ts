import { DEFAULT_QEMU, PROFILES, type QemuVersion } from '../../aio/profile.ts';
import type { PlainScenario } from './random-scenario.ts';

const GONE = ['disable_external', 'enable_external'];

/** The loop that the scenarios are for. */
export interface FuzzedLoop {
  /** Undefined for the default. */
  readonly version?: QemuVersion | undefined;
  /** Whether it waits with io_uring. */
  readonly uring?: boolean | undefined;
  /** Whether they have several threads. */
  readonly threads?: boolean | undefined;
  /** Whether the tree beside it has aio_disable_external; undefined if there is none. */
  readonly treeHasExternal?: boolean | undefined;
}

/** A random scenario for one QEMU, without the calls that are gone there, which would end it. */
export function forVersion(plain: PlainScenario, loop: FuzzedLoop): PlainScenario {
  const { version, uring, treeHasExternal } = loop;
  const hasExternal = PROFILES[version ?? DEFAULT_QEMU].hasExternal && treeHasExternal !== false;
  const steps = hasExternal ? plain.steps : plain.steps.filter((one) => !isGone(one));
  if (version === undefined) return { ...plain, steps };
  const fdmon = uring === true ? { fdmon: 'io_uring' } : {};
  return { ...plain, steps, qemu: Number(version), ...fdmon };
}

function isGone(action: unknown): boolean {
  return typeof action === 'string' && GONE.includes(action);
}
