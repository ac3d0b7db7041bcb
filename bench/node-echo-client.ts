/**
 * Asks an echo server over many connections: each sends a byte, and the next one when that has come back.
 * Run it: node node-echo-client.mjs PORT CONNECTIONS REQUESTS. Prints the requests a second, and the median latency in µs.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { median } from './statistics.ts';

const [port, connections, requests] = process.argv.slice(2).map(Number) as [number, number, number];
const sockets: Socket[] = [];
for (let i = 0; i < connections; i++) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  sockets.push(socket);
}

async function ask(count: number): Promise<number[]> {
  const times: number[] = [];
  let sent = 0;
  await new Promise<void>((done) => {
    for (const socket of sockets) {
      let since = 0;
      const send = (): void => {
        if (sent === count) return;
        sent++;
        since = performance.now();
        socket.write('x');
      };
      socket.removeAllListeners('data').on('data', () => {
        times.push(performance.now() - since);
        if (times.length === count) done();
        else send();
      });
      send();
    }
  });
  return times;
}

// V8 compiles both sides meanwhile.
await ask(requests / 2);
const start = performance.now();
const times = await ask(requests);
const perSecond = (1e3 * requests) / (performance.now() - start);
console.log(`${perSecond} ${1e3 * median(times)}`);
for (const socket of sockets) socket.destroy();
