import type { PlainScenario } from './random-scenario.ts';

/** A random scenario without the three things that QEMU does otherwise or not at all. */
export function forQemu(plain: PlainScenario): PlainScenario {
  return { ...(changed(plain, forQemuToo) as PlainScenario), fdmon: 'auto' };
}

/** QEMU crashes on an ignored signal, and loses the value of a sigqueue. */
function forQemuToo(value: unknown): unknown {
  if (value === 'ignore') return 'default';
  if (Array.isArray(value) && value.includes('int')) return value.filter((one) => one !== 'int');
  return value;
}

function changed(value: unknown, change: (value: unknown) => unknown): unknown {
  const now = change(value);
  if (Array.isArray(now)) return now.map((one) => changed(one, change));
  if (typeof now !== 'object' || now === null) return now;
  return Object.fromEntries(Object.entries(now).map(([key, one]) => [key, changed(one, change)]));
}
