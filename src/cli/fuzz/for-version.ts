import type { QemuVersion } from '../../aio/profile.ts';
import type { PlainScenario } from './random-scenario.ts';

const GONE = ['disable_external', 'enable_external'];

/** A random scenario for one QEMU, without the calls that are gone there, which would end it. */
export function forVersion(plain: PlainScenario, version: QemuVersion): PlainScenario {
  const steps = version === '7.2' ? plain.steps : plain.steps.filter((one) => !isGone(one));
  return { ...plain, steps, qemu: Number(version) };
}

function isGone(action: PlainScenario['steps'][number]): boolean {
  return typeof action === 'string' && GONE.includes(action);
}
