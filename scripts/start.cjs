#!/usr/bin/env node
// The command. It runs command.cjs, which stands beside it, by the code that V8
// made of it when it was built: to compile it anew takes as long as all the rest
// of a start. V8 refuses code of another version of itself, and compiles then.
const { readFileSync } = require('node:fs');
const { Script } = require('node:vm');

const filename = `${__dirname}/command.cjs`;

function codeCache() {
  try {
    return readFileSync(`${__dirname}/command.cache`);
  } catch {
    return undefined;
  }
}

// latin1: the bundle is ASCII, and that is the quickest to read.
const source = `(function (require, __filename, __dirname) {${readFileSync(filename, 'latin1')}\n})`;
const script = new Script(source, { filename, cachedData: codeCache() });
script.runInThisContext()(require, filename, __dirname);
module.exports = script;
