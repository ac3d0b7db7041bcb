/**
 * The loop on the simulated kernel, for any system and for browsers: it needs neither Linux nor Node. The
 * simulated process has one thread here; for more, take SimHost of `qemu-loop`, or SimWorld of
 * `qemu-loop/scenario`, whose threads are Workers of Node.
 *
 * @packageDocumentation
 */

export * from './core.ts';
export { SimHost } from './host/sim/sim-host.ts';
export type { RunOptions } from './mainloop/driving.ts';
export * from './scenario/core.ts';
export { BareSimWorld as SimWorld } from './scenario/run/bare-sim-world.ts';
export type { RunOptions as ScenarioRunOptions } from './scenario/run/run.ts';
