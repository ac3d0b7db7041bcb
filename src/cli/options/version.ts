import { readFileSync } from 'node:fs';

/** The version of the command. package.json is beside dist/, the folder of its bundles. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return JSON.parse(text).version;
}
