import { HostError } from '../../host/errno.ts';
import type { Scenario } from '../model.ts';

/** Why a file with `fdmon: io_uring` cannot run; null if it can. */
export function uringRefused({ fdmon, qemu }: Scenario): string | null {
  if (fdmon !== 'io_uring') return null;
  if (qemu === '11') return null;
  return "fdmon: io_uring needs qemu: 11; 'auto' is what QEMU does without it";
}

/** The line for a kernel that forbids io_uring, or has none; null for any other error. */
export function uringForbidden({ fdmon }: Scenario, error: unknown): string | null {
  return fdmon === 'io_uring' && error instanceof HostError ? error.message : null;
}
