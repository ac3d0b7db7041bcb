// What a build is made from, as one digest: by --if-changed, which the tests
// use, it is built anew only if that has changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files and folders, in the root of the tree. */
const INPUTS = [
  'package-lock.json',
  'package.json',
  'scenarios',
  'schema',
  'scripts/build',
  'scripts/build.mjs',
  'src',
  'tests/conformance',
  'tsconfig.build.json',
  'tsconfig.json',
];

/** In dist, but not in the package: the digest of what dist was built from. */
export const STAMP = 'built-from.txt';

/** Node itself is a part: V8's code is for its version. */
export function inputsDigest(root) {
  const hash = createHash('sha256').update(`${process.version} ${process.arch}\0`);
  for (const input of INPUTS) {
    const isFolder = statSync(join(root, input)).isDirectory();
    const files = isFolder ? readdirSync(join(root, input), { recursive: true }).sort() : [''];
    for (const file of files) {
      const path = join(root, input, file);
      if (statSync(path).isFile()) hash.update(`${input}/${file}\0`).update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

/** Whether dist was built from what is here now. */
export function isBuilt(root, dist) {
  const stamp = join(dist, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === inputsDigest(root);
}
