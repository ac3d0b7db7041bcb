import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import type { BenchRun } from './result.ts';

/** The output of a command; null if it fails or is missing. */
function printed(command: string, ...args: readonly string[]): string | null {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** The first version number in a command's output. */
function version(command: string, ...args: readonly string[]): string | null {
  return printed(command, ...args)?.match(/\d+(\.\d+)+/)?.[0] ?? null;
}

/** QEMU's version, from its source, which the build tree points to. */
function qemuVersion(build: string | undefined): string | null {
  if (build === undefined) return null;
  const config = join(build, 'config-host.mak');
  if (!existsSync(config)) return null;
  const source = readFileSync(config, 'utf8').match(/^SRC_PATH=(.*)$/m)?.[1];
  const file = source === undefined ? '' : join(source, 'VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

function versions(): Record<string, string> {
  const all: Record<string, string | null> = {
    V8: process.versions.v8,
    QEMU: qemuVersion(process.env.QEMU_BUILD),
    'C compiler': version(process.env.CC ?? 'cc', '-dumpfullversion'),
    GLib: version('pkg-config', '--modversion', 'glib-2.0'),
    tini: version('tini', '--version'),
    catatonit: version('catatonit', '--version'),
  };
  const there = Object.entries(all).filter((one): one is [string, string] => one[1] !== null);
  return Object.fromEntries(there);
}

/** The machine, and the versions of all programs. */
export function machine(rounds: number): Omit<BenchRun, 'factors' | 'problems' | 'sections'> {
  return {
    date: new Date().toISOString(),
    commit: printed('git', 'describe', '--always', '--dirty') ?? 'unknown',
    machine: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    rounds,
    versions: versions(),
  };
}
