/**
 * Fails a file of tests that leaves something in its process, which other files share: whatever was
 * taken from the real kernel, sinks of traces, listeners of `process`. Each comes with the stack
 * that took it. Things of a simulated host go with it: tests/support/rig.ts looks for those.
 */

import { afterAll } from 'vitest';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { follow, followListeners, followSinks, Origins } from './origins.ts';

/** One for the process: this module runs before each file, and the classes are followed once. */
const shared = globalThis as { origins?: Origins };

function followAll(): Origins {
  const origins = new Origins();
  follow(LinuxHost.prototype, origins);
  followSinks(Tracer.prototype, origins);
  followListeners(process, origins);
  return origins;
}

shared.origins ??= followAll();

afterAll(() => {
  const left = shared.origins!.takeLeft();
  if (left !== '') throw new Error(`these tests leave something behind:\n${left}`);
});
