import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/run.ts';
import { Project } from './installed.ts';

let project: Project;
beforeAll(async () => {
  project = await Project.open();
});
afterAll(() => project.close());

const NAMES = 'LinuxHost, MainLoop, SimHost, type BottomHalf, type MainLoopOptions';
const USE = `
const loop: MainLoop = new MainLoop({ host: new SimHost() } satisfies MainLoopOptions);
const bh: BottomHalf = loop.newBottomHalf('b', () => loop.quit());
export const made: unknown = [bh, LinuxHost, runScenario, new Bare()];
`;
const USES_ALL = `
import { ${NAMES} } from 'qemu-loop';
import { runScenario } from 'qemu-loop/scenario';
import { SimHost as Bare } from 'qemu-loop/sim';
${USE}`;
const REQUIRES_ALL = `
import { ${NAMES} } from 'qemu-loop';
import { runScenario } from 'qemu-loop/scenario';
import sim = require('qemu-loop/sim');
const Bare = sim.SimHost;
${USE}`;
/** A page has no types of Node's. */
const USES_SIM = `
import { loadScenario, MainLoop, runScenario, SimHost, SimWorld } from 'qemu-loop/sim';
new MainLoop({ host: new SimHost() }).runAsync({ signal: new AbortController().signal });
const { scenario } = loadScenario('name: a', 'a.yaml');
export const status: number = runScenario(scenario!, (seed) => new SimWorld(seed)).status;
`;

// TypeScript's own libraries take longer than all the rest, and are not ours to check.
const STRICT = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  skipDefaultLibCheck: true,
  target: 'es2022',
};
const PROJECTS = {
  // Without the DOM, which the libraries of es2022 bring by themselves.
  node16: {
    options: { ...STRICT, module: 'node16', types: ['node'], lib: ['es2022'] },
    files: { 'a.mts': USES_ALL, 'a.cts': REQUIRES_ALL },
  },
  bundler: {
    options: {
      ...STRICT,
      module: 'esnext',
      moduleResolution: 'bundler',
      types: ['node'],
      lib: ['es2022'],
    },
    files: { 'a.ts': USES_ALL },
  },
  page: {
    options: {
      ...STRICT,
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
      lib: ['es2022', 'dom'],
    },
    files: { 'a.ts': USES_SIM },
  },
};

/** The others have the same declarations, and TypeScript 7 finds them in another way. */
const FOR_THE_OLDEST = ['node16', 'page'];

function writeProjects(): void {
  for (const [name, { options, files }] of Object.entries(PROJECTS)) {
    for (const [file, text] of Object.entries(files)) project.write(join(name, file), text);
    const config = { compilerOptions: options, include: ['.'] };
    project.write(join(name, 'tsconfig.json'), JSON.stringify(config));
  }
}

describe('types', () => {
  const path = (which: string): string => join(root, 'node_modules', which);
  beforeAll(writeProjects);

  it('the oldest TypeScript', async () => {
    const program = join(import.meta.dirname, 'check-types.cjs');
    const typescript = path('oldest-typescript/node_modules/typescript');
    const told = await project.run(process.execPath, [program, typescript, ...FOR_THE_OLDEST]);
    const found: Record<string, { own: number; told: string }> = JSON.parse(told);
    expect(Object.keys(found)).toEqual(FOR_THE_OLDEST);
    for (const [name, { own, told: wrong }] of Object.entries(found)) {
      expect(wrong, name).toBe('');
      // Our own declarations are looked at: a page's are fewer than Node's.
      expect(own, name).toBeGreaterThan(20);
    }
  });

  it.concurrent.each(Object.keys(PROJECTS))('TypeScript 7: %s', async (name) => {
    const args = [path('typescript/bin/tsc'), '-p', name, '--pretty', 'false', '--singleThreaded'];
    const told = await project.run(process.execPath, args).catch(({ stdout }) => stdout);
    expect(told).toBe('');
  });
});

const PROGRAM = `
const host = new LinuxHost();
const loop = new MainLoop({ host });
loop.newBottomHalf('b', () => loop.quit()).schedule();
loop.run();
const { scenario } = loadScenario('name: a\\nsteps: [step]\\n', 'a.yaml');
const { status } = runScenario(scenario, (seed) => new SimWorld(seed));
const all = [status, new SimHost() instanceof BareHost, sim.EAGAIN === EAGAIN];
process.stdout.write(JSON.stringify(all));
`;
const NEEDED = 'EAGAIN, LinuxHost, MainLoop, SimHost';
const IMPORTS = `
import { ${NEEDED} } from 'qemu-loop';
import { loadScenario, runScenario, SimWorld } from 'qemu-loop/scenario';
import * as sim from 'qemu-loop/sim';
const BareHost = sim.SimHost;
`;
const REQUIRES = `
const { ${NEEDED} } = require('qemu-loop');
const { loadScenario, runScenario, SimWorld } = require('qemu-loop/scenario');
const sim = require('qemu-loop/sim');
const BareHost = sim.SimHost;
`;

it.each([
  ['a.mjs', IMPORTS],
  ['a.cjs', REQUIRES],
])('a program runs: %s, and its entries share their classes', async (name, head) => {
  const file = project.write(name, head + PROGRAM);
  // Without it, Node could load ESM by require; Node 20.0 cannot.
  const args = process.allowedNodeEnvironmentFlags.has('--experimental-require-module')
    ? ['--no-experimental-require-module', file]
    : [file];
  expect(await project.run(process.execPath, args)).toBe('[0,true,true]');
});

it('threads start from CommonJS too', async () => {
  const scenario = readFileSync(join(root, 'scenarios/threads/thread-pool.yaml'), 'utf8');
  project.write('pool.yaml', scenario);
  const file = project.write(
    'threads.cjs',
    `const { readFileSync } = require('node:fs');
const { loadScenario, runScenario, SimWorld } = require('qemu-loop/scenario');
const { scenario } = loadScenario(readFileSync('pool.yaml', 'utf8'), 'pool.yaml');
const { status, failures } = runScenario(scenario, (seed) => new SimWorld(seed));
process.stdout.write(JSON.stringify([status, failures]));
`,
  );
  expect(await project.run(process.execPath, [file])).toBe('[0,[]]');
});

it('the installed command runs', async () => {
  const command = join(project.dir, 'node_modules/qemu-loop/dist/qemu-loop.cjs');
  const told = await project.run(process.execPath, [command, '--', '/bin/echo', 'hello']);
  expect(told).toContain('hello\n');
  expect(told).toContain('exit status 0');
});

it('the tarball has no source maps, and stays small', () => {
  const { files, size, unpackedSize } = project.packed;
  expect(files.filter(({ path }) => path.endsWith('.map'))).toEqual([]);
  // Bytes. It was 4.8 and 15.1 MB with maps, all languages of zod, and a file of types for each file.
  expect(size).toBeLessThan(4e6);
  expect(unpackedSize).toBeLessThan(12e6);
});

it('koffi is the only package that an install brings along', () => {
  const { dependencies, os, cpu } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies)).toEqual(['koffi']);
  // The simulated kernel runs anywhere.
  expect([os, cpu]).toEqual([undefined, undefined]);
});
