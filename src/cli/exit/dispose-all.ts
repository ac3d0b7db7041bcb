import type { Disposable } from '../../host/host.ts';
import { visible } from '../../trace/visible.ts';
import { asCliError } from './errors.ts';

/**
 * Disposes of parts, the last one first. If one fails, that is reported, and the others and the
 * exit status are unaffected.
 * @param tell takes a line
 */
export function disposeAll(parts: readonly Disposable[], tell: (line: string) => void): void {
  for (const part of [...parts].reverse()) {
    try {
      part.dispose();
    } catch (error) {
      tell(`qemu-loop: at the end: ${visible(asCliError(error).message)}\n`);
    }
  }
}
