/**
 * Builds dist once for all tests if the sources have changed since the last build, so that they test
 * the command as it is shipped. Gives them a directory for temporary files, and fails the run if they
 * leave one there, or a process.
 */

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { BUNDLES, bundleAll } from './bundle.ts';
import { COSTS, costTable } from './cost-table.ts';
import { leftovers } from './leftovers.ts';

/** Runs of more files than that need most of the programs, which take less time all at once. */
const MANY = 60;

export default async function setup({ vitest }: TestProject): Promise<() => Promise<void>> {
  // Node reads these certificates at each start, which takes it longer than all else; no test needs them.
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  delete process.env.NODE_EXTRA_CA_CERTS;
  // From Node 22 on npm and others keep compiled code in TMPDIR unless told not to.
  process.env.NODE_DISABLE_COMPILE_CACHE = '1';
  const root = join(import.meta.dirname, '..', '..');
  const build = [join(root, 'scripts', 'build.mjs'), '--if-changed'];
  execFileSync(process.execPath, build, { cwd: root, stdio: 'inherit' });
  const before = process.env.TMPDIR;
  const dir = mkdtempSync(join(tmpdir(), 'ql-'));
  const bundles = mkdtempSync(join(tmpdir(), 'qemu-loop-bundles-'));
  // Short, so that no line that names a file in it wraps on 80 columns. Some tests run programs in
  // it as other users.
  chmodSync(dir, 0o755);
  process.env.TMPDIR = dir;
  process.env[BUNDLES] = bundles;
  const costs = process.env.QEMU_LOOP_TEST_TIMES === undefined ? null : join(bundles, 'costs');
  if (costs !== null) process.env[COSTS] = costs;
  if (vitest.state.getPaths().length > MANY) await bundleAll(bundles);
  return async () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    if (certificates !== undefined) process.env.NODE_EXTRA_CA_CERTS = certificates;
    if (costs !== null && existsSync(costs)) console.log(costTable(costs));
    const left = await leftovers(dir);
    for (const each of [dir, bundles]) rmSync(each, { recursive: true });
    if (left.length > 0) throw new Error(`the tests left behind:\n${left.join('\n')}`);
  };
}
