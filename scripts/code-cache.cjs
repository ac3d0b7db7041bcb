// node code-cache.cjs DIST: runs the command that was built to DIST once, and
// keeps the code that V8 made of it, with the functions that a run of it needs.
const { writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const dist = resolve(process.argv[2]);
let script;
process.on('exit', (status) => {
  if (status === 0) writeFileSync(join(dist, 'command.cache'), script.createCachedData());
});
process.argv = [process.execPath, join(dist, 'qemu-loop.cjs'), '--', '/bin/true'];
script = require(process.argv[1]);
