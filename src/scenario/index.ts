/**
 * Scenarios as a library: `import { loadScenario, runScenario } from 'qemu-loop/scenario'`.
 *
 * @packageDocumentation
 */

export { type SpareWorker, SpareWorkers } from '../thread/spare-workers.ts';
export * from './core.ts';
export { BareSimWorld } from './run/bare-sim-world.ts';
export { LinuxWorld } from './run/linux-world.ts';
export { SimWorld } from './run/sim-world.ts';
