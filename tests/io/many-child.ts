/**
 * An echo server on a loop with as many connections as it is told, whose clients are another
 * process: `many-child.ts serve COUNT` starts `many-child.ts ask ADDRESS COUNT`. All are open at once.
 */

import { spawn } from 'node:child_process';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import type { InetSocketAddress } from '../../src/host/sockaddr.ts';
import { connect } from '../../src/io/connect.ts';
import type { Connection } from '../../src/io/connection.ts';
import { Listener } from '../../src/io/listener.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const [role, ...rest] = process.argv.slice(2);

async function serve(count: number): Promise<void> {
  let open = 0;
  let most = 0;
  let closed = 0;
  const listener = new Listener({
    loop,
    address: { host: '127.0.0.1', port: 0 },
    onConnection: (connection) => {
      most = Math.max(most, ++open);
      connection.start({
        onBytes: (bytes) => connection.write(bytes),
        onClose: () => {
          open--;
          if (++closed === count) loop.quit();
        },
      });
    },
    onError: (error) => console.error(error.message),
  });
  const { port } = listener.address as InetSocketAddress;
  const args = [process.argv[1]!, 'ask', String(port), String(count)];
  const client = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await loop.runAsync();
  await new Promise((resolve) => client.on('close', resolve));
  console.log(`served ${closed}, ${most} at once, by ${loop.watched.fdmon}`);
  listener.dispose();
}

async function ask(port: number, count: number): Promise<void> {
  let answered = 0;
  let closed = 0;
  const all: Connection[] = [];
  for (let i = 0; i < count; i++) {
    const connection = connect({
      loop,
      address: { host: '127.0.0.1', port },
      onLine: (line) => {
        if (line !== `line ${i}`) console.error(`${i} got ${line}`);
        // Only once all are answered does any end.
        if (++answered === count) for (const one of all) one.end();
      },
      onClose: (error) => {
        if (error !== null) console.error(error.message);
        if (++closed === count) loop.quit();
      },
    });
    connection.write(`line ${i}\n`);
    all.push(connection);
  }
  await loop.runAsync();
  console.log(`answered ${answered}`);
}

const work = role === 'serve' ? serve(Number(rest[0])) : ask(Number(rest[0]), Number(rest[1]));
void work.finally(() => {
  loop.dispose();
  host.dispose();
});
