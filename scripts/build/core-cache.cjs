// node core-cache.cjs DIST: starts an IOThread of the library that was built to DIST, and keeps the code that
// V8 made of it there, with the functions that a thread needs.
const { writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

/** In the thread. */
exports.default = (io) => {
  const { folder } = io.data;
  const core = require(join(folder, 'core.js'));
  require(join(folder, 'index.js'));
  io.context.newBottomHalf('b', () => {}).schedule();
  io.onEnd = () => writeFileSync(join(folder, 'core-code.cache'), core.script.createCachedData());
};
Object.defineProperty(exports, '__esModule', { value: true });

if (require.main === module && require('node:worker_threads').isMainThread) {
  const folder = join(resolve(process.argv[2]), 'cjs');
  const { IOThread, LinuxHost, MachineState, MainLoop } = require(join(folder, 'index.js'));
  const host = new LinuxHost();
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  new IOThread({ machine, name: 'kept', module: __filename, data: { folder } }).dispose();
  machine.dispose();
  loop.close();
}
