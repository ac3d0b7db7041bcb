import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/run.ts';

const types = join(root, 'dist', 'types');

/** The code of a built .d.ts, without comments. */
function codeOf(file: string): string {
  return readFileSync(join(types, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
}

function builtFile(from: string, path: string): string {
  return join(dirname(from), path).replace(/\.ts$/, '.d.ts');
}

/** Names by the file that each list of them comes from. */
function lists(code: string, keyword: 'import' | 'export', from: string): [string, string[]][] {
  const found = code.matchAll(new RegExp(`^${keyword} (?:type )?\\{([^}]*)\\} from '(.*)'`, 'gm'));
  return [...found].map(([, names, path]) => [
    builtFile(from, path!),
    names!.split(',').map((name) => name.trim().replace(/^type /, '')),
  ]);
}

/** Each declaration of a file that others may import, by its name. */
function declarations(code: string): Map<string, string> {
  const start = /^export (?:declare )?(?:abstract )?(?:class|interface|type|function) (\w+)/;
  const parts = code.split(/^(?=export |declare |interface |type )/m);
  return new Map(
    parts.flatMap((part) => {
      const name = start.exec(part)?.[1];
      return name === undefined ? [] : [[name, part] as const];
    }),
  );
}

const ENTRIES = ['index.d.ts', 'scenario/index.d.ts', 'sim.d.ts'];

function exportsOf(entry: string): [string, string[]][] {
  const code = codeOf(entry);
  const whole = [...code.matchAll(/^export (?:type )?\* from '(.*)'/gm)].flatMap(([, path]) => {
    const file = builtFile(entry, path!);
    const own = [file, [...declarations(codeOf(file)).keys()]] as [string, string[]];
    return [own, ...exportsOf(file)];
  });
  return [...lists(code, 'export', entry), ...whole];
}

/** Types that what an entry exports speaks of, and that none exports. */
function forgotten(entry: string): string[] {
  const everything = new Set(ENTRIES.flatMap(exportsOf).flatMap(([, names]) => names));
  return exportsOf(entry).flatMap(([file, names]) => {
    const code = codeOf(file);
    const declared = declarations(code);
    const known = [...lists(code, 'import', file).flatMap(([, list]) => list), ...declared.keys()];
    return names.flatMap((name) => {
      const text = declared.get(name) ?? '';
      const spoken = known.filter((other) => new RegExp(`(?<!typeof )\\b${other}\\b`).test(text));
      return spoken.filter((other) => !everything.has(other)).map((other) => `${name}: ${other}`);
    });
  });
}

it.each(ENTRIES)('%s exports every type that it speaks of', (entry) => {
  expect(forgotten(entry)).toEqual([]);
});

it('the declarations need no newer TypeScript than 5.4', () => {
  // Generic from 5.7 on, and what the compiler writes by itself.
  const generic = /\b(?:\w+Array|DataView|Buffer)<\w*ArrayBuffer/;
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' });
  const wrong = files.filter((file) => file.endsWith('.d.ts') && generic.test(codeOf(file)));
  expect(wrong).toEqual([]);
});

it('all that a user of the package catches, passes or asks for can be imported', async () => {
  const load = (name: string): Promise<object> => import(/* @vite-ignore */ name);
  const [library, scenario] = [await load('qemu-loop'), await load('qemu-loop/scenario')];
  expect(library).toMatchObject({
    SimFatalSignalError: expect.any(Function),
    EPOLLIN: 1,
    EPOLLOUT: 4,
    EPOLLONESHOT: 0x40000000,
    EFD_CLOEXEC: 0o2000000,
    SFD_NONBLOCK: 0o4000,
  });
  expect(scenario).toMatchObject({ ScenarioEnded: expect.any(Function) });
  const packageJson = import.meta.resolve('qemu-loop/package.json');
  expect(JSON.parse(readFileSync(new URL(packageJson), 'utf8'))).toMatchObject({
    name: 'qemu-loop',
  });
});
