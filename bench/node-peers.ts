import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measure } from './row.ts';

const PINGS = 5_000;

/** Sends one byte through a Unix socket of node:net to its handler; half of a round trip. */
export function socketPing(): { measure: Measure; close: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-ping-'));
  const path = join(dir, 'socket');
  const server = createServer((socket) => socket.on('data', (data) => socket.write(data)));
  const listening = new Promise<void>((resolve) => server.listen(path, resolve));
  const measure = async (): Promise<number> => {
    await listening;
    const socket = connect(path);
    let left = PINGS;
    const start = process.hrtime.bigint();
    await new Promise<void>((resolve) => {
      socket.on('data', () => {
        if (--left > 0) socket.write('x');
        else socket.end(resolve);
      });
      socket.write('x');
    });
    return Number(process.hrtime.bigint() - start) / (2 * PINGS);
  };
  return {
    measure,
    close: () => {
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
