/**
 * A folder that looks like a QEMU build, with a compiler that copies a shell script as the driver:
 * the command is tested without QEMU.
 */

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeTree {
  readonly build: string;
  /** For the drivers that are built. */
  readonly cache: string;
  /** How often a driver was built. */
  builds(): number;
  /** The arguments of the compiler for the driver that was built last. */
  linked(): string;
  /** All programs that the driver has read. */
  programs(): string[];
  /** Stands for `ninja tests/unit/test-aio`: the loop is built anew. */
  ninja(): void;
}

/** @param driver lines of sh: the program is in the file "$program" */
export function fakeTree(dir: string, driver: readonly string[]): FakeTree {
  const build = join(dir, 'build');
  const [built, program] = [join(dir, 'built'), join(dir, 'program')];
  mkdirSync(join(build, 'tests', 'unit'), { recursive: true });
  const script = ['#!/bin/sh', `program=${program}.$$`, 'cat > "$program"', ...driver];
  writeFileSync(join(dir, 'driver'), `${script.join('\n')}\n`);
  chmodSync(join(dir, 'driver'), 0o755);
  const compiler = [
    'case "$0" in *BROKEN*) echo "driver.c:1: no such thing" >&2; exit 1;; esac',
    'while [ "$1" != -o ]; do shift; done',
    `cp ${join(dir, 'driver')} "$2"`,
    `echo >> ${built}`,
    `echo "$0 $*" > ${join(dir, 'linked')}`,
  ];
  writeFileSync(join(dir, 'cc.sh'), `${compiler.join('\n')}\n`);
  const command = `sh ${join(dir, 'cc.sh')} -g -MD -MQ test-aio.o -c ../tests/unit/test-aio.c`;
  const commands = [{ file: '../tests/unit/test-aio.c', command }];
  writeFileSync(join(build, 'compile_commands.json'), JSON.stringify(commands));
  writeFileSync(
    join(build, 'build.ninja'),
    // As QEMU 11's: the objects of its libraries are inputs of the program.
    'build tests/unit/test-aio: c_LINKER libqom.p/a.o tests/unit/test-aio.p/b.o | z.so\n LINK_ARGS = -lm\n\n',
  );
  const model = join(build, 'tests', 'unit', 'test-aio');
  writeFileSync(model, '');
  let times = 0;
  return {
    build,
    cache: join(dir, 'cache'),
    builds: () => readFileSync(built, 'utf8').length,
    linked: () => readFileSync(join(dir, 'linked'), 'utf8'),
    programs: () =>
      readdirSync(dir)
        .filter((name) => name.startsWith('program'))
        .map((name) => readFileSync(join(dir, name), 'utf8')),
    ninja: () => writeFileSync(model, '.'.repeat(++times)),
  };
}
