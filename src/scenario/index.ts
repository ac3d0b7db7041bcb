/**
 * Scenarios as a library: `import { loadScenario, runScenario } from 'qemu-loop/scenario'`.
 *
 * @packageDocumentation
 */
export { type Loaded, loadScenario } from './load.ts';
export { LinuxWorld } from './run/linux-world.ts';
export { type RunOptions, type RunResult, type RunStatus, runScenario } from './run/run.ts';
export { SimWorld } from './run/sim-world.ts';
export { ScenarioError, type World } from './run/world.ts';
