// The code of the library, by the code that V8 made of it when it was built: a thread starts in two thirds
// of the time. V8 refuses code of another version of itself, and compiles then. Gives a function that gives
// a part by its name.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

function read(name, encoding) {
  try {
    return readFileSync(`${__dirname}/${name}`, encoding);
  } catch {
    return undefined;
  }
}

function load() {
  // Other runtimes have their own ways to keep code; in a bundle the file is not there.
  const { bun, deno } = process.versions;
  // latin1: the code is ASCII, and that is the quickest to read.
  const text = bun || deno ? undefined : read('core-code.js', 'latin1');
  if (text === undefined) return require('./core-code.js');
  // Stacks have the name that V8 keeps with the code, so it is that of no machine.
  const filename = 'qemu-loop/dist/cjs/core-code.js';
  const script = new Script(text, { filename, cachedData: read('core-code.cache') });
  const module = { exports: {}, import: (url) => import(url) };
  script.runInThisContext()(require, module, `${__dirname}/core-code.js`);
  return Object.assign(module.exports, { script });
}

module.exports = load();
