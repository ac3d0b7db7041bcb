/** The library's one core in dist/cjs: for import and require, for main and its threads, with V8's code or without. */

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Running, root } from '../support/run.ts';

/** A copy of the package, whose files the tests may change. */
let dir: string;
let cache: Buffer;
const at = (...path: string[]): string => join(dir, ...path);
const cacheFile = (): string => at('dist/cjs/core-code.cache');

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'core-'));
  cpSync(join(root, 'dist'), at('dist'), { recursive: true });
  cpSync(join(root, 'package.json'), at('package.json'));
  symlinkSync(join(root, 'node_modules'), at('node_modules'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(at(name), text);
  cache = readFileSync(cacheFile());
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const START = `
const host = new LinuxHost();
const machine = new MachineState({ host });
const { port1, port2 } = new MessageChannel();
const module = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, process.argv[2]);
new IOThread({ machine, name: 'io0', module, data: port2, transfer: [port2] }).dispose();
const { message } = receiveMessageOnPort(port1);
machine.dispose();
process.stdout.write(JSON.stringify(message));
`;
const NODE = `
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
`;
const SAME = `
const same = [
  imported.AioContext === required.AioContext,
  imported.MainLoop === sim.MainLoop,
  imported.MainLoop === requiredSim.MainLoop,
  typeof scenario.loadScenario === 'function' && scenario.loadScenario === requiredScenario.loadScenario,
];
`;
const BOTH = `
import { createRequire } from 'node:module';
import * as imported from 'qemu-loop';
import * as scenario from 'qemu-loop/scenario';
import * as sim from 'qemu-loop/sim';
const require = createRequire(import.meta.url);
const required = require('qemu-loop');
const requiredScenario = require('qemu-loop/scenario');
const requiredSim = require('qemu-loop/sim');
${SAME}`;

const FILES = {
  'start.mjs': `import { IOThread, LinuxHost, MachineState } from 'qemu-loop';\n${NODE}${START}`,
  'both.mjs': `${BOTH}process.stdout.write(JSON.stringify(same));`,
  'both-thread.mjs': `${BOTH}
export default function main({ context, host, data }) {
  data.postMessage([...same, context instanceof imported.AioContext, host instanceof imported.LinuxHost]);
}
`,
  'required-thread.cjs': `
const { AioContext, LinuxHost } = require('qemu-loop');
module.exports = ({ context, host, data }) =>
  data.postMessage([context instanceof AioContext, host instanceof LinuxHost]);
`,
  'code-thread.cjs': `
const { join } = require('node:path');
const { script } = require(join(__dirname, 'dist/cjs/core.js'));
module.exports = ({ data }) => data.postMessage(script.cachedDataRejected ?? 'none');
`,
  'code.cjs': `
const { script } = require('./dist/cjs/core.js');
process.stdout.write(JSON.stringify(script.cachedDataRejected ?? 'none'));
`,
  'native-thread.cjs': `
module.exports = ({ data }) => {
  const paths = Object.keys(require.cache).filter((path) => /koffi/.test(path));
  data.postMessage(paths.map((path) => path.split('/').at(-1)));
};
`,
  'stack-thread.cjs': `
module.exports = ({ context, data }) => {
  try {
    context.newBottomHalf(1);
  } catch ({ stack }) {
    data.postMessage(stack.split('\\n')[1].replace(/^.*\\((.*?):\\d.*/, '$1'));
  }
};
`,
};

async function told(...args: string[]): Promise<unknown> {
  const { stdout, stderr, status } = await new Running(process.execPath, args, { cwd: dir }).end();
  expect([stderr, status]).toEqual(['', 0]);
  return JSON.parse(stdout);
}
const inThread = (name: string): Promise<unknown> => told(at('start.mjs'), name);

it('import and require give the same classes', async () => {
  expect(await told(at('both.mjs'))).toEqual([true, true, true, true]);
});

it('so they do in a thread, and they are those of its context', async () => {
  expect(await inThread('both-thread.mjs')).toEqual([true, true, true, true, true, true]);
  expect(await inThread('required-thread.cjs')).toEqual([true, true]);
});

it('a thread compiles nothing', async () => {
  expect(await inThread('code-thread.cjs')).toBe(false);
});

it('a thread takes the native module that main has, without koffi’s search for it', async () => {
  expect(await inThread('native-thread.cjs')).toEqual(['koffi.node']);
});

it('a stack names the file of the code', async () => {
  expect(await inThread('stack-thread.cjs')).toBe('qemu-loop/dist/cjs/core-code.js');
});

it('main compiles, and gives its threads its code, if V8 refuses that of the package, or it is missing', async () => {
  // It refuses code that was made with other flags.
  const flag = '--stack-trace-limit=50';
  expect(await told(flag, at('code.cjs'))).toBe(true);
  expect(await told(flag, at('start.mjs'), 'code-thread.cjs')).toBe(false);
  try {
    const wrong = Buffer.from(cache);
    wrong.fill(0, 4, 8);
    writeFileSync(cacheFile(), wrong);
    expect(await told(at('code.cjs'))).toBe(true);
    expect(await inThread('code-thread.cjs')).toBe(false);
    rmSync(cacheFile());
    expect(await told(at('code.cjs'))).toBe('none');
    expect(await inThread('code-thread.cjs')).toBe(false);
    expect(await inThread('both-thread.mjs')).toEqual([true, true, true, true, true, true]);
  } finally {
    writeFileSync(cacheFile(), cache);
  }
});

it('a bundle takes the ES modules, and starts threads by the files beside it', async () => {
  const out = at('bundled');
  mkdirSync(out);
  const { metafile } = await build({
    entryPoints: [at('start.mjs')],
    outfile: join(out, 'start.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: dir,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toContain('dist/index.js');
  expect(inputs.filter((path) => path.includes('cjs'))).toEqual([]);
  cpSync(at('dist'), out, { recursive: true });
  writeFileSync(join(out, 'thread.js'), 'export default ({ data }) => data.postMessage(1);');
  expect(await told(join(out, 'start.js'), 'thread.js')).toBe(1);
});
