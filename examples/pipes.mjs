// A child whose output comes to callbacks by lines, and that is asked by its input.
// Run it: node examples/pipes.mjs
import { ChildWatch, LinuxHost, MainLoop, SIGCHLD, Signals, spawnPiped } from 'qemu-loop';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals });

const script = 'while read a b; do echo $((a + b)); done; echo over >&2; exit 3';
const child = spawnPiped({
  loop,
  watch,
  request: { file: '/bin/sh', argv: ['sh', '-c', script] },
  stdin: 'pipe',
  stdout: {
    onLine(line) {
      console.log(`sum: ${line}`);
      if (line === '3') child.stdin.write('20 22\n');
      else child.stdin.end();
    },
  },
  stderr: { onLine: (line) => console.log(`stderr: ${line}`) },
  onClose({ status }) {
    console.log(`ended with ${status}`);
    loop.quit();
  },
});
child.stdin.write('1 2\n');
await loop.runAsync();
for (const part of [watch, signals, loop, host]) part.dispose();
