// The code of the library, by the code that V8 made of it when it was built: a thread starts in two thirds
// of the time. V8 refuses code of another version of itself, and compiles then. Gives a function that gives
// a part by its name.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');
const { workerData } = require('node:worker_threads');

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
  if (text === undefined) {
    return Object.assign(require('./core-code.js'), { codeForThreads: () => undefined });
  }
  // Stacks have the name that V8 keeps with the code, so it is that of no machine.
  const filename = 'qemu-loop/dist/cjs/core-code.js';
  const cachedData = workerData?.code ?? read('core-code.cache');
  const script = new Script(text, { filename, cachedData });
  const module = { exports: {}, import: (url) => import(url) };
  script.runInThisContext()(require, module, `${__dirname}/core-code.js`);
  let code = workerData?.code;
  /** For the threads of this process, if V8 refuses the kept code: it is of other flags, or another version. */
  const codeForThreads = () => {
    if (script.cachedDataRejected !== false) code ??= script.createCachedData();
    return code;
  };
  return Object.assign(module.exports, { script, codeForThreads });
}

module.exports = load();
