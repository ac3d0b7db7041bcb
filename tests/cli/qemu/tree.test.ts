/** Folders in which nothing of QEMU is built, or of another version, and the cache of the drivers. */

import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { cacheOf } from '../../../src/cli/qemu/cache.ts';
import { otherLoops, versionIn } from '../../../src/cli/qemu/version.ts';
import { fakeTree } from '../../support/qemu-tree.ts';
import { type Ended, run } from '../../support/run.ts';

/** It logs `b` only. */
const DRIVER = ['echo "= 11.1.1"', 'echo "- 5000 1 b"', 'echo ". 1 5000"'];

let dir = '';
let file = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-tree-'));
  file = join(dir, 'a.yaml');
  writeFileSync(file, 'name: a\nsteps: [{log: a}]\nexpect: {order: [a]}\n');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function onTree(build: string, more: readonly string[] = [], env = {}): Promise<Ended> {
  const cache = { XDG_CACHE_HOME: join(dir, 'cache') };
  const args = ['run', '--host', 'qemu', '--qemu-build', build, ...more, file];
  return run(args, { env: { ...cache, ...env } });
}

function configOf([major, minor, micro]: readonly number[]): string {
  const define = (part: string, value?: number) => `#define QEMU_VERSION_${part} ${value}\n`;
  return define('MAJOR', major) + define('MICRO', micro) + define('MINOR', minor);
}

/** A tree of a version. */
function treeOf(name: string, version: readonly number[]): string {
  const { build } = fakeTree(join(dir, name), DRIVER);
  writeFileSync(join(build, 'config-host.h'), configOf(version));
  return build;
}

describe('a folder', () => {
  it('beside the build folder is refused with that', async () => {
    const { build } = fakeTree(join(dir, 'sources'), DRIVER);
    const { status, stderr } = await onTree(dirname(build));
    expect(status).toBe(2);
    expect(stderr).toContain(`${dirname(build)} is no QEMU build folder: is it ${build}?\n`);
  });

  it.each([
    ['half written', '[{"file": "../tests/un'],
    ['no list', '{}'],
    ['a list of something else', '[{"file": "../tests/unit/test-aio.c"}, 7]'],
  ])('whose list of commands is %s is refused', async (name, text) => {
    const { build } = fakeTree(join(dir, name), DRIVER);
    writeFileSync(join(build, 'compile_commands.json'), text);
    const { status, stderr } = await onTree(build);
    expect(status).toBe(2);
    expect(stderr).toContain('does not say how tests/unit/test-aio is built: configure it anew');
  });

  it('of a QEMU that is too old is refused with its version', async () => {
    const { status, stderr } = await onTree(treeOf('old', [6, 2, 0]));
    expect(status).toBe(2);
    expect(stderr).toContain('is a build of QEMU 6.2.0: the driver needs 7.2 or later\n');
  });
});

describe('a driver that cannot be built', () => {
  it('for want of a compiler says what to install', async () => {
    const { build } = fakeTree(join(dir, 'bare'), DRIVER);
    const command = './no-such-cc -MD -MQ x -c y';
    const commands = [{ file: '../tests/unit/test-aio.c', command }];
    writeFileSync(join(build, 'compile_commands.json'), JSON.stringify(commands));
    const { status, stderr } = await onTree(build);
    expect(status).toBe(125);
    expect(stderr).toContain('(see above): install the compiler that QEMU is built with\n');
  });

  it('for a QEMU that nobody has tried says which were', async () => {
    const { status, stderr } = await onTree(treeOf('BROKEN', [13, 0, 1]));
    expect(status).toBe(125);
    expect(stderr).toContain('it knows QEMU 7.2 to 11.1, and this is 13.0.1; is the tree built?');
  });
});

describe('a tree whose loop is not like ours', () => {
  const words = 'the tree is of QEMU 11.1.1, and is compared with the loop of 7.2: --qemu 11';

  it('is told behind a failure, and not with the option', async () => {
    const build = treeOf('eleven', [11, 1, 1]);
    const plain = await onTree(build);
    expect(plain.status).toBe(1);
    expect(plain.stderr).toContain(`qemu-loop: ${words} is like it\n`);
    expect((await onTree(build, ['--qemu', '11'])).stderr).not.toContain('is like it');
  });

  it('is told before random scenarios', async () => {
    const env = { XDG_CACHE_HOME: join(dir, 'cache') };
    const build = treeOf('random', [11, 1, 1]);
    const args = ['--host', 'sim,qemu', '--qemu-build', build, '--count', '1', '--timeout', '1s'];
    expect((await run(['fuzz', ...args], { env })).stderr).toContain(words);
  });

  it.each([
    [[7, 2, 22], '7.2', true],
    [[8, 0, 50], '7.2', false],
    [[8, 2, 7], '7.2', false],
    [[10, 1, 3], '7.2', false],
    [[10, 1, 50], '11', false],
    [[11, 1, 1], '11', false],
  ] as const)('%j has the loop of %s', (numbers, loop, hasExternal) => {
    const version = versionIn(configOf(numbers));
    expect(version).toMatchObject({ loop, hasExternal, isTooOld: false, isKnown: true });
    expect(otherLoops(version, ['7.2', '11'])).toContain(numbers.join('.'));
    expect(otherLoops(version, [loop])).toBe('');
  });

  it('is not known without its configuration', () => {
    expect(versionIn('#define QEMU_VERSION_MAJOR 11\n')).toBeNull();
    expect(otherLoops(null, ['7.2', '11'])).toBe('');
  });
});

describe('the cache', () => {
  /** In this process. */
  function withEnv(env: NodeJS.ProcessEnv): void {
    const before = { ...process.env };
    onTestFinished(() => {
      process.env = before;
    });
    process.env = { ...process.env, ...env };
  }

  it('is refused with its folder if it cannot be written', async () => {
    const { build } = fakeTree(join(dir, 'kept'), DRIVER);
    mkdirSync(join(dir, 'file'));
    writeFileSync(join(dir, 'file', 'qemu-loop'), '');
    const { status, stderr } = await onTree(build, [], { XDG_CACHE_HOME: join(dir, 'file') });
    expect(status).toBe(125);
    expect(stderr).toContain(`cannot be kept in ${dir}/file/qemu-loop/qemu-`);
    expect(stderr).toContain('set XDG_CACHE_HOME to a folder that can be written');
  });

  it('is refused in a folder that takes none, such as /proc', async () => {
    const { build } = fakeTree(join(dir, 'proc'), DRIVER);
    const { status, stderr } = await onTree(build, [], { XDG_CACHE_HOME: '', HOME: '/proc' });
    expect(status).toBe(125);
    expect(stderr).toContain('cannot be kept in /proc/.cache/qemu-loop/qemu-');
  });

  it.each([
    ['', ''],
    ['rel', 'rel'],
  ])('does not stand in the working directory: XDG_CACHE_HOME=%j HOME=%j', (cache, home) => {
    withEnv({ XDG_CACHE_HOME: cache, HOME: home });
    expect(cacheOf('/build').folder).toMatch(/^\/.*\/\.cache\/qemu-loop\/qemu-\w{16}$/);
  });

  it('loses the drivers of trees that are gone', () => {
    withEnv({ XDG_CACHE_HOME: join(dir, 'several') });
    const [here, gone, young] = ['here', 'gone', 'young'].map((name) => join(dir, name));
    mkdirSync(here!);
    const folders = [here, gone, young].map((build) => {
      const cache = cacheOf(build!);
      cache.prepare();
      return cache.folder;
    });
    const unnamed = join(dir, 'several', 'qemu-loop', 'qemu-of-an-earlier-version');
    mkdirSync(unnamed);
    for (const old of [folders[0]!, folders[1]!, unnamed]) utimesSync(old, 1, 1);
    cacheOf(here!).prepare();
    expect([...folders, unnamed].map((path) => existsSync(path))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
