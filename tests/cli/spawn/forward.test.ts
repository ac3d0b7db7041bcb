import { expect, it } from 'vitest';
import { forwardedIn, forwardSignals } from '../../../src/cli/spawn/forward.ts';
import { SI_KERNEL, SI_USER, SIGRTMIN, SIGXCPU, SIGXFSZ } from '../../../src/host/constants.ts';
import { EINVAL } from '../../../src/host/errno.ts';
import { NOTHING } from '../../../src/host/held-list.ts';
import type { SigAction } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { newSiginfo, type SignalfdSiginfo } from '../../../src/signal/siginfo.ts';
import type { Signals } from '../../../src/signal/signals.ts';

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

const OWN = 100;

/** Tells whether a signal with that siginfo is passed on, or why not. */
function fate(
  signo: number,
  info: Pick<SignalfdSiginfo, 'ssi_code' | 'ssi_pid'>,
  sigfd: 'native' | 'compat' = 'native',
): string {
  let said = 'nothing';
  const signals: Pick<Signals, 'signals' | 'sigfd' | 'sigaction'> = {
    signals: [signo],
    sigfd,
    sigaction(_, { handler }) {
      if (typeof handler === 'function') handler(signo, { ...newSiginfo(), ...info });
      return NOTHING;
    },
  };
  const pass = (): void => {
    said = 'passed';
  };
  forwardSignals(signals as Signals, OWN, new Map(), pass, (_, why) => {
    said = why;
  });
  return said;
}

it.each([
  ['native', 'passed'],
  ['compat', 'which is about a limit of our own'],
] as const)('--sigfd %s: limits of our own are not told to the children', (sigfd, unknown) => {
  const own = 'which is about a limit of our own';
  // A write beyond RLIMIT_FSIZE sends it as if by kill.
  expect(fate(SIGXFSZ, { ssi_code: SI_USER, ssi_pid: OWN })).toBe(own);
  expect(fate(SIGXCPU, { ssi_code: SI_KERNEL, ssi_pid: 0 })).toBe(own);
  expect(fate(SIGXFSZ, { ssi_code: SI_USER, ssi_pid: OWN + 1 })).toBe('passed');
  expect(fate(SIGXCPU, { ssi_code: SI_USER, ssi_pid: OWN + 1 })).toBe('passed');
  for (const signo of [SIGXFSZ, SIGXCPU]) {
    expect(fate(signo, { ssi_code: SI_USER, ssi_pid: 0 }, sigfd)).toBe(unknown);
  }
  expect(fate(SIGRTMIN, { ssi_code: SI_USER, ssi_pid: OWN }, sigfd)).toBe('passed');
});
