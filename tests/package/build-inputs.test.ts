/** By --if-changed, dist is built anew if anything has changed that it is made from. */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { root } from '../support/run.ts';

const { inputsDigest, isBuilt, STAMP } = await import(
  pathToFileURL(join(root, 'scripts', 'build', 'inputs.mjs')).href
);

test('a file that is changed, added or renamed', () => {
  const dir = mkdtempSync(join(tmpdir(), 'inputs-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const name of readdirSync(root)) {
    if (name !== 'src' && name !== 'dist') symlinkSync(join(root, name), join(dir, name));
  }
  const [src, dist] = [join(dir, 'src'), join(dir, 'dist')];
  mkdirSync(join(src, 'cli'), { recursive: true });
  mkdirSync(dist);
  writeFileSync(join(src, 'cli', 'main.ts'), 'main();\n');
  expect(isBuilt(dir, dist)).toBe(false);
  const build = (): void => writeFileSync(join(dist, STAMP), inputsDigest(dir));
  for (const change of [
    () => writeFileSync(join(src, 'cli', 'main.ts'), 'main(1);\n'),
    () => writeFileSync(join(src, 'core.ts'), ''),
    () => renameSync(join(src, 'core.ts'), join(src, 'index.ts')),
  ]) {
    build();
    expect(isBuilt(dir, dist)).toBe(true);
    change();
    expect(isBuilt(dir, dist)).toBe(false);
  }
});

test('a build leaves its digest, which is not in the package', () => {
  expect(existsSync(join(root, 'dist', STAMP))).toBe(true);
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(files).toContain(`!dist/${STAMP}`);
});
