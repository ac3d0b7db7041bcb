#!/usr/bin/env node
// The command, or the process that runs scenarios for it. It runs bundles, which stand beside it, by
// the code that V8 made of them when they were built: to compile one anew takes longer than all the
// rest of a start. V8 refuses code of another version of itself, and compiles then.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const KEPT = ['command', 'scenarios'];
const loaded = new Map();

function codeCache(name) {
  try {
    return readFileSync(`${__dirname}/${name}.cache`);
  } catch {
    return undefined;
  }
}

function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.module.exports;
  const filename = `${__dirname}/${name}.cjs`;
  // latin1: the bundle is ASCII, and that is the quickest to read.
  const text = readFileSync(filename, 'latin1');
  const source = `(function (require, module, __filename, __dirname) {${text}\n})`;
  // Stacks have the name that V8 keeps with the code, so it is that of no machine.
  const named = `qemu-loop/dist/${name}.cjs`;
  const script = new Script(source, { filename: named, cachedData: codeCache(name) });
  const module = { exports: {} };
  loaded.set(name, { script, module });
  script.runInThisContext()(requireBeside, module, filename, __dirname);
  return module.exports;
}

function requireBeside(id) {
  const name = id.startsWith('./') ? id.slice(2, -4) : '';
  return KEPT.includes(name) ? load(name) : require(id);
}

try {
  if (__filename.endsWith('worker.cjs')) load('scenarios').scenarioWorker();
  else load('command');
} catch (error) {
  const [why] = String(error?.message ?? error).split('\n');
  if (!/koffi/i.test(why)) throw error;
  const line = `qemu-loop: its package koffi cannot be loaded: ${why}: run npm ci in its folder, or install it again`;
  process.stderr.write(`${line}\n`, () => process.exit(125));
}
module.exports = loaded;
