import { describe, expect } from 'vitest';
import { POLLIN, POLLOUT, SHUT_WR } from '../../src/host/constants.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import type { Connection } from '../../src/io/connection.ts';
import { rooms, testsIn } from './rooms.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.each(rooms)('%s', (_name, make) => {
  const test = testsIn(make);

  test('bytes go there and back, and both ends close when both have ended', async (room) => {
    const { log } = room;
    const [client] = await room
      .pair(
        room.logs('client', { onBytes: (bytes) => log.push(`client ${text(bytes)}`) }),
        room.logs('server', {
          onBytes(bytes) {
            log.push(`server ${text(bytes)}`);
            server!.write(`<${text(bytes)}>`);
          },
        }),
      )
      .then(([one, other]) => {
        server = other;
        return [one] as const;
      });
    client.write('ping');
    await room.until(() => log.includes('client <ping>'));
    client.end();
    await room.until(() => log.filter((line) => line.includes('close')).length === 2);
    expect(log).toEqual([
      'client open',
      'server ping',
      'client <ping>',
      'server close null',
      'client close null',
    ]);
    expect(client.closed).toBe(true);
    expect(client.write('late')).toBe(false);
  });
  let server: Connection | undefined;

  test('what is written before it is connected is sent then', async (room) => {
    const got: string[] = [];
    const listener = room.listen((connection) => {
      connection.start({ onLine: (line) => got.push(line) });
    });
    const client = room.connect(listener);
    client.write('early\n');
    client.end();
    expect(client.queued).toBe(6);
    await room.until(() => got.length === 1);
    expect(got).toEqual(['early']);
  });

  test('lines come whole, however they are cut, and the last one without its end', async (room) => {
    const got: string[] = [];
    let ended = false;
    const [client] = await room.pair(
      {},
      {
        onLine: (line) => got.push(line),
        onEnd: () => {
          ended = true;
        },
      },
    );
    for (const part of ['a\nb', 'c\r\n', '\n', 'ü'.slice(0, 1)]) {
      client.write(part);
      await room.pass(1);
    }
    client.write(new Uint8Array([0xc3]));
    await room.pass(1);
    client.write(new Uint8Array([0xa4]));
    client.end();
    await room.until(() => ended);
    expect(got).toEqual(['a', 'bc', '', 'üä']);
  });

  test('a line that is too long ends the connection with EMSGSIZE', async (room) => {
    const [client] = await room.pair({}, room.logs('server', { onLine: () => {}, maxLine: 4 }));
    client.write('1234\n12345');
    await room.until(() => room.log.length > 0);
    expect(room.log).toEqual(['server close EMSGSIZE']);
  });

  test('a reader that pauses holds the writer up, until it goes on', async (room) => {
    const chunk = new Uint8Array(100_000).map((_, i) => i);
    let got = 0;
    let isWhole = true;
    let drains = 0;
    const [client, server] = await room.pair(
      {
        onDrain: () => {
          drains++;
        },
      },
      {
        onBytes(bytes) {
          for (let i = 0; i < bytes.length; i++) {
            isWhole &&= bytes[i] === ((got + i) % 100_000) % 256;
          }
          got += bytes.length;
        },
      },
    );
    server.pause();
    let sent = 0;
    do sent += chunk.length;
    while (client.write(chunk) && sent < 50e6);
    // The kernel's buffers are full, and the high-water mark is passed.
    expect(client.queued).toBeGreaterThanOrEqual(65536);
    await room.pass(5);
    expect([got, drains]).toEqual([0, 0]);
    server.resume();
    await room.until(() => got === sent);
    await room.until(() => drains === 1);
    expect([isWhole, client.queued]).toEqual([true, 0]);
  });

  test('a half close is left to onEnd, and the other half goes on', async (room) => {
    const { log } = room;
    const [client, other] = await room.pair(
      room.logs('client', { onLine: (line) => log.push(line) }),
      room.logs('server', { onEnd: () => log.push('end') }),
    );
    client.end();
    expect(() => client.write('x')).toThrow('has been ended by end()');
    await room.until(() => log.includes('end'));
    other.write('answer\n');
    other.end();
    await room.until(() => log.includes('client close null') && log.includes('server close null'));
    expect(log.slice(0, 2)).toEqual(['client open', 'end']);
    expect(log.indexOf('answer')).toBeLessThan(log.indexOf('client close null'));
    expect(log).toContain('answer');
  });

  test('a peer that is gone is an error of the next writes, with its code', async (room) => {
    const [client, other] = await room.pair(room.logs('client'), {});
    client.pause();
    other.write('unread');
    await room.pass(1);
    other.dispose();
    client.write('x');
    await room.pass(1);
    client.write('y');
    await room.until(() => room.log.length === 2);
    expect(room.log[1]).toMatch(/^client close (EPIPE|ECONNRESET)$/);
  });

  test('an idle connection ends with ETIMEDOUT, and a busy one does not', async (room) => {
    const [client, other] = await room.pair(
      room.logs('client', { idleMs: 2000, onEnd: () => {} }),
      room.logs('server', { idleMs: room.host instanceof SimHost ? 10 : 200 }),
    );
    other.write('x');
    await room.until(() => room.log.some((line) => line.startsWith('server close')));
    expect(room.log.at(-1)).toBe('server close ETIMEDOUT');
    expect(client.closed).toBe(false);
  });

  test('the addresses of both ends', async (room) => {
    let accepted: Connection | undefined;
    const listener = room.listen((connection) => {
      accepted = connection.start({});
    });
    const client = room.connect(listener);
    await room.until(() => accepted !== undefined);
    expect(client.remoteAddress).toEqual(listener.address);
    expect(accepted!.localAddress).toEqual(listener.address);
    expect(accepted!.remoteAddress).toEqual(client.localAddress);
    if (room.family === 'unix') expect(client.peerCredentials.pid).toBe(room.host.getpid());
    else expect(() => client.peerCredentials).toThrow(/SO_PEERCRED.*ENOTCONN/);
  });

  test('a dispose in its own callback ends it, and calls nothing more', async (room) => {
    const { log } = room;
    const [client] = await room
      .pair(
        {},
        room.logs('server', {
          onLine(line) {
            log.push(line);
            accepted!.dispose();
          },
        }),
      )
      .then((both) => {
        accepted = both[1];
        return both;
      });
    client.write('one\ntwo\n');
    await room.until(() => log.length > 0);
    await room.pass(1);
    expect(log).toEqual(['one']);
  });
  let accepted: Connection | undefined;

  test('watches say when to read and write, until they return false', async (room) => {
    const [client, other] = await room.pair({}, { onEnd: () => {} });
    other.pause();
    const { channel } = other;
    const seen: string[] = [];
    const name = (condition: number): string => (condition === POLLIN ? 'in' : 'out');
    let left = 2;
    channel.addWatch(POLLIN | POLLOUT, (condition) => {
      seen.push(name(condition));
      return --left > 0;
    });
    await room.until(() => left === 0);
    expect(seen).toEqual(['out', 'out']);
    const watch = channel.addWatch(POLLIN, (condition) => seen.push(name(condition)));
    client.write('x');
    await room.until(() => seen.length > 2);
    watch.dispose();
    watch.dispose();
    const before = seen.length;
    await room.pass(1);
    expect([seen[2], seen.length]).toEqual(['in', before]);
    const buffer = room.host.alloc(8);
    expect(channel.read(buffer, 0, 8)).toBe(1);
    expect(channel.shutdown(SHUT_WR)).toBe(0);
    expect(() => channel.addWatch(16, () => {})).toThrow(RangeError);
    channel.close();
    expect(() => channel.addWatch(POLLIN, () => {})).toThrow(/EBADF/);
  });
});

describe.each(rooms.filter(([name]) => name.includes('of sim')))('idleMs, %s', (_name, make) => {
  const test = testsIn(make);
  const idleMs = 10;
  const step = 6;

  test('counts from the last bytes that came', async (room) => {
    const [client, server] = await room.pair({}, room.logs('server', { idleMs }));
    for (let i = 0; i < 5; i++) {
      client.write('x');
      await room.pass(step);
      expect(server.closed).toBe(false);
    }
    await room.pass(idleMs);
    expect(room.log).toEqual(['server close ETIMEDOUT']);
  });

  test('counts from the last bytes that were written', async (room) => {
    const [, server] = await room.pair({}, room.logs('server', { idleMs }));
    for (let i = 0; i < 5; i++) {
      server.write('x');
      await room.pass(step);
      expect(server.closed).toBe(false);
    }
    await room.pass(idleMs);
    expect(room.log).toEqual(['server close ETIMEDOUT']);
  });

  test('counts from the last of the bytes that had waited for the peer', async (room) => {
    const [client, server] = await room.pair({}, room.logs('server', { idleMs }));
    client.pause();
    server.write(new Uint8Array(5_000_000));
    const all = server.queued;
    expect(all).toBeGreaterThan(0);
    await room.pass(step);
    client.resume();
    await room.until(() => server.queued === 0);
    await room.pass(step);
    expect(server.closed).toBe(false);
    await room.pass(idleMs);
    expect(room.log).toEqual(['server close ETIMEDOUT']);
  });
});
