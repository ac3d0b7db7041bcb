/** A program of a thread: a bundle beside this one. Node 20 loads no TypeScript. */
export function here(name: string): URL {
  const url = import.meta.url;
  const dist = url.endsWith('.ts') ? '../../../../dist/' : './';
  return new URL(`${dist}${name}.js`, url);
}
