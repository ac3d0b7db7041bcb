import type { Disposable } from './host.ts';

/** Calls a function when the process exits: by process.exit, an uncaught error, or its end. */
export function onProcessExit(tell: (status: number) => void): Disposable {
  // Node takes more than ten listeners for a leak.
  process.setMaxListeners(process.getMaxListeners() + 1);
  process.on('exit', tell);
  return {
    dispose: () => {
      process.off('exit', tell);
      process.setMaxListeners(process.getMaxListeners() - 1);
    },
  };
}
