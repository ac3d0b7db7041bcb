// Keeps a service running: starts it again when it fails, at most three times.
// Run it: node examples/supervisor.mjs
import { ChildWatch, LinuxHost, MainLoop, SIGCHLD, Signals } from 'qemu-loop';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals });

// Fails twice, then succeeds: the count comes in by its environment.
const service = 'echo "service: try $TRY"; test "$TRY" -ge 3';

function start(attempt) {
  const env = { ...process.env, TRY: String(attempt) };
  watch.spawn({ file: '/bin/sh', argv: ['sh', '-c', service], env }, `service ${attempt}`, {
    onEnd: ({ status }) => {
      console.log(`supervisor: try ${attempt} ended with ${status}`);
      if (status === 0 || attempt === 3) loop.quit();
      else start(attempt + 1);
    },
  });
}

start(1);
loop.run();
for (const part of [watch, signals, loop, host]) part.dispose();
