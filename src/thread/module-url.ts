import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shown } from '../host/arguments.ts';

/**
 * The exports of a module. ES modules that a compiler has made into CommonJS have theirs within the default
 * one of Node.
 */
export async function exportsOf(url: string): Promise<Readonly<Record<string, unknown>>> {
  const exported = (await import(url)) as { readonly default?: Record<string, unknown> | null };
  const whole = exported.default;
  return typeof whole === 'object' && whole?.__esModule === true ? whole : exported;
}

/**
 * The URL of a module, for import() in another thread.
 * @throws TypeError
 */
export function moduleUrl(module: unknown, what: string): string {
  if (module instanceof URL) return module.href;
  if (typeof module === 'string' && /^(?:file|data):/.test(module)) return module;
  if (typeof module === 'string' && isAbsolute(module)) return pathToFileURL(module).href;
  throw new TypeError(
    `${what} is ${shown(module)}: expected the URL or the absolute path of a file`,
  );
}
