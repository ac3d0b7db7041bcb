/** The folder of the programs of threads: beside this file. Node 20 loads no TypeScript, and takes the built ones. */
function folderOf(url: string): string {
  if (url.endsWith('.ts')) return '../../../../dist/cjs/';
  return url.endsWith('.cjs') ? './cjs/' : './';
}

/** A program of a thread. */
export function here(name: string): URL {
  const url = import.meta.url;
  return new URL(`${folderOf(url)}${name}.js`, url);
}
