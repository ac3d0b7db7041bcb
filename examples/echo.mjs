// An echo server in ten lines; below them a client that says something to it, and both end.
// Run it: node examples/echo.mjs
import { connect, LinuxHost, Listener, MainLoop } from 'qemu-loop';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const server = new Listener({
  loop,
  address: { host: '127.0.0.1', port: 0 }, // or { path: '/run/echo' }, or { path: 'echo', abstract: true }
  onConnection(connection) {
    connection.start({
      onBytes: (bytes) => connection.write(bytes) || connection.pause(), // the peer does not read
      onDrain: () => connection.resume(),
      idleMs: 30_000,
    });
  },
});

const client = connect({
  loop,
  address: server.address,
  onOpen: () => client.write('hello\n'),
  onLine(line) {
    console.log(`echo: ${line}`);
    client.end();
  },
  onClose(error) {
    console.log(error?.message ?? 'closed');
    loop.quit();
  },
});

await loop.runAsync(); // loop.run() does it too
for (const part of [server, loop, host]) part.dispose();
