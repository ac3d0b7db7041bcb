import { expect, it } from 'vitest';
import { forwardedIn } from '../../../src/cli/spawn/forward.ts';
import { SIGRTMIN } from '../../../src/host/constants.ts';
import { EINVAL } from '../../../src/host/errno.ts';
import type { SigAction } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

/** musl keeps signals 32 to 34 for itself. */
class OnMusl extends HostLens {
  override sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    return signo >= 32 && signo <= 34 ? -EINVAL : super.sigaction(signo, act, old);
  }
}

it('leaves SIGRTMIN out if the C library keeps it for itself', () => {
  const all = forwardedIn(new SimHost());
  expect(all).toContain(SIGRTMIN);
  expect(forwardedIn(new OnMusl(new SimHost()))).toEqual(all.filter((s) => s !== SIGRTMIN));
});
