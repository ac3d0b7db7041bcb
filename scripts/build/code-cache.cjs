// node code-cache.cjs DIST ARGUMENTS: runs the command that was built to DIST once, and keeps the
// code that V8 made of its bundles, with the functions that a run of it needs. Code that is there
// already is left as it is.
const { existsSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const dist = resolve(process.argv[2]);
let loaded;
process.on('exit', (status) => {
  if (status !== 0) return;
  for (const [name, { script }] of loaded) {
    const file = join(dist, `${name}.cache`);
    if (!existsSync(file)) writeFileSync(file, script.createCachedData());
  }
});
process.argv = [process.execPath, join(dist, 'qemu-loop.cjs'), ...process.argv.slice(3)];
loaded = require(process.argv[1]);
