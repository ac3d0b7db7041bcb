// An http server, a fetch, and a supervised child in one process: the loop runs beside Node's own.
// Run it: node examples/beside-node.mjs
import { once } from 'node:events';
import { createServer } from 'node:http';
import { ChildWatch, LinuxHost, MainLoop, SIGCHLD, Signals } from 'qemu-loop';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals });

// The server tells how the child is.
let state = 'not started';
const server = createServer((_request, response) => response.end(state)).listen(0, '127.0.0.1');
await once(server, 'listening');
const ask = async () => (await fetch(`http://127.0.0.1:${server.address().port}`)).text();

const running = loop.runAsync();
console.log(`child: ${await ask()}`);

const ended = new Promise((resolve) => {
  const env = { PATH: process.env.PATH, STATUS: '3' };
  const request = { file: '/bin/sh', argv: ['sh', '-c', 'read line; exit $STATUS'], env };
  const ends = [-1, -1];
  host.pipe2(ends, 0o2000000);
  watch.spawn({ ...request, fds: [ends[0], 1, 2] }, 'child', { onEnd: resolve });
  state = 'running';
  // The child ends when its input does.
  setTimeout(() => host.close(ends[1]), 50);
  host.close(ends[0]);
});
console.log(`child: ${await ask()}`);

const { status } = await ended;
state = `ended with ${status}`;
console.log(`child: ${await ask()}`);

server.close();
server.closeAllConnections();
loop.quit();
await running;
for (const part of [watch, signals, loop, host]) part.dispose();
