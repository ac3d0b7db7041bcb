import { onTestFinished } from 'vitest';
import type { Tracer } from '../../src/trace/tracer.ts';

/** Attaches a sink until the test ends. */
export function attach(tracer: Tracer, ...args: Parameters<Tracer['attach']>): void {
  const attached = tracer.attach(...args);
  onTestFinished(() => attached.dispose());
}
