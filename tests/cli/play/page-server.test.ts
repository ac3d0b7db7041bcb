/** The server of `qemu-loop play`, on both kernels and for every way of driving a loop. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as netConnect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answerTo, MOST_HEAD } from '../../../src/cli/play/serve/http.ts';
import { PageServer } from '../../../src/cli/play/serve/page-server.ts';
import { connect } from '../../../src/io/connect.ts';
import type { Connection } from '../../../src/io/connection.ts';
import { type Room, rooms, testsIn } from '../../io/rooms.ts';
import { run, start } from '../../support/run.ts';

const PAGE = `<!doctype html>${'page '.repeat(50_000)}end`;
/** More than all buffers of a connection together take. */
const LARGE = `<!doctype html>${'page '.repeat(2_000_000)}end`;

function serve(room: Room, html = PAGE): PageServer {
  return room.own(new PageServer(room.loop, 0, html));
}

/** A client that keeps what it gets. */
class Client {
  readonly connection: Connection;
  got = '';
  isOver = false;

  constructor(room: Room, { url }: PageServer, request: string, ends = false) {
    const port = Number(new URL(url).port);
    this.connection = room.own(
      connect({
        loop: room.loop,
        address: { host: '127.0.0.1', port },
        onBytes: (bytes) => {
          this.got += Buffer.from(bytes).toString('latin1');
        },
        onClose: () => {
          this.isOver = true;
        },
      }),
    );
    if (request !== '') this.connection.write(request);
    if (ends) this.connection.end();
  }

  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.got)?.[1]);
  }

  get body(): string {
    return this.got.slice(this.got.indexOf('\r\n\r\n') + 4);
  }
}

const GET = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n';

describe.each(rooms.filter(([name]) => name.startsWith('tcp')))('%s', (_name, make) => {
  const test = testsIn(make);

  test('two requests at once get the page, and their connections are closed', async (room) => {
    const server = serve(room);
    const clients = [new Client(room, server, GET), new Client(room, server, GET)];
    await room.until(() => clients.every(({ isOver }) => isOver));
    for (const { got, body } of clients) {
      expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(got).toContain(`\r\nContent-Length: ${PAGE.length}\r\n`);
      expect(body === PAGE).toBe(true);
    }
    await room.until(() => server.connections === 0);
  });

  test('one that sends nothing, or half a request, holds nobody up', async (room) => {
    const server = serve(room, 'small');
    const silent = new Client(room, server, '');
    const half = new Client(room, server, 'GET / HT');
    await room.until(() => server.connections === 2);
    const other = new Client(room, server, GET);
    await room.until(() => other.isOver);
    expect(other.body).toBe('small');
    await room.until(() => server.connections === 2);
    half.connection.write('TP/1.1\r\n\r');
    half.connection.write('\n');
    await room.until(() => half.isOver);
    expect(half.body).toBe('small');
    silent.connection.end();
    await room.until(() => silent.isOver && server.connections === 0);
    expect(silent.got).toBe('');
  });

  test('a slow reader holds nobody up, and gets all of it', async (room) => {
    const server = serve(room, LARGE);
    const slow = new Client(room, server, GET);
    slow.connection.pause();
    await room.until(() => server.connections === 1);
    const other = new Client(room, server, GET);
    await room.until(() => other.isOver);
    await room.until(() => server.connections === 1);
    expect(slow.isOver).toBe(false);
    slow.connection.resume();
    await room.until(() => slow.isOver);
    expect(slow.body === LARGE).toBe(true);
  });

  test('one that says no more after its request gets all of the page', async (room) => {
    const server = serve(room);
    const client = new Client(room, server, 'GET / HTTP/1.0\r\n\r\n', true);
    await room.until(() => client.isOver);
    expect(client.body === PAGE).toBe(true);
  });

  test('one that goes away before the end leaves nothing behind', async (room) => {
    const server = serve(room, LARGE);
    const client = new Client(room, server, GET);
    await room.until(() => client.got !== '');
    client.connection.dispose();
    await room.until(() => server.connections === 0);
  });

  test('what follows a refused request is read and dropped', async (room) => {
    const server = serve(room, 'small');
    const body = 'x'.repeat(300_000);
    const client = new Client(
      room,
      server,
      `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await room.until(() => client.status === 405);
    client.connection.write(body);
    client.connection.end();
    await room.until(() => client.isOver);
    expect(client.got).toContain('\r\nAllow: GET, HEAD\r\n');
    expect(client.body).toBe('405 Method Not Allowed: expected GET or HEAD\n');
    await room.until(() => server.connections === 0);
  });

  test('an endless request line is refused', async (room) => {
    const server = serve(room, 'small');
    const client = new Client(room, server, `GET /${'a'.repeat(2 * MOST_HEAD)}`);
    await room.until(() => client.isOver);
    expect(client.status).toBe(414);
  });

  test('HEAD gets the head alone', async (room) => {
    const server = serve(room, 'small');
    const client = new Client(room, server, GET.replace('GET', 'HEAD'));
    await room.until(() => client.isOver);
    expect(client.got).toMatch(/^HTTP\/1\.1 200 OK\r\nDate: \w{3}, /);
    expect(client.got).toContain('\r\nContent-Length: 5\r\n');
    expect(client.body).toBe('');
  });

  test('the end of the server ends its connections', async (room) => {
    const server = serve(room, LARGE);
    const clients = [new Client(room, server, ''), new Client(room, server, GET)];
    for (const { connection } of clients) connection.pause();
    await room.until(() => server.connections === 2);
    server.dispose();
    for (const { connection } of clients) connection.resume();
    await room.until(() => clients.every(({ isOver }) => isOver));
  });
});

describe('on the simulated kernel', () => {
  const [, make] = rooms.find(([name]) => /^tcp.*sim by main_loop_wait/.test(name))!;

  testsIn(make)('one that does nothing for half a minute is closed', async (room) => {
    const server = serve(room, 'small');
    const client = new Client(room, server, 'GET');
    await room.pass(29_000);
    expect(client.isOver).toBe(false);
    await room.pass(2_000);
    expect([client.isOver, server.connections]).toEqual([true, 0]);
  });
});

const FIELDS = '\r\nHost: localhost:8080\r\n\r\n';

describe('a request', () => {
  it.each([
    [`GET / HTTP/1.1${FIELDS}`, 200],
    ['GET / HTTP/1.0\n\n', 200],
    [`\r\n\r\nGET /?a=b HTTP/1.1${FIELDS}`, 200],
    [`GET http://127.0.0.1:8080/ HTTP/1.1${FIELDS}`, 200],
    ['GET / HTTP/1.1\r\nhost:[::1]:8080\r\n\r\n', 200],
    ['GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n', 421],
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n', 421],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', 421],
    [`GET /favicon.ico HTTP/1.1${FIELDS}`, 404],
    [`GET /../etc/passwd HTTP/1.1${FIELDS}`, 404],
    [`POST / HTTP/1.1${FIELDS}`, 405],
    [`OPTIONS * HTTP/1.1${FIELDS}`, 405],
    [`get / HTTP/1.1${FIELDS}`, 405],
    [`GET / HTTP/2.0${FIELDS}`, 505],
    ['GET /\r\n\r\n', 400],
    ['GET  / HTTP/1.1\r\n\r\n', 400],
    ['\x16\x03\x01\x02\r\n\r\n', 400],
    [`GET /${'a'.repeat(MOST_HEAD)}`, 414],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(MOST_HEAD)}`, 431],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(MOST_HEAD)}\r\n\r\n`, 431],
  ])('%j is answered with %i', (come, status) => {
    expect(answerTo(come)?.status).toBe(status);
  });

  it.each([
    '',
    '\r\n',
    'GET / HTTP/1.1\r\n',
    'GET / HTTP/1.1\r\nHost: localhost\r\n',
    'x'.repeat(99),
  ])('%j goes on', (come) => {
    expect(answerTo(come)).toBe(null);
  });
});

/** A socket of a client that is open, beside the loop of the test. */
async function open(port: number): Promise<Socket> {
  const socket = netConnect(port, '127.0.0.1');
  await new Promise((done) => socket.once('connect', done));
  return socket;
}

const here = mkdtempSync(join(tmpdir(), 'qemu-loop-play-'));
afterAll(() => rmSync(here, { recursive: true }));

describe('qemu-loop play', () => {
  it('serves many at once, keeps nothing open, and ends by Ctrl-C at once', async () => {
    const playing = start(['play']);
    const [, url, port] = await playing.until(
      /^(http:\/\/127\.0\.0\.1:(\d+)\/) \(Ctrl-C ends it\)\n/,
    );
    const descriptors = (): number => readdirSync(`/proc/${playing.pid}/fd`).length;
    const before = descriptors();
    const silent = await open(Number(port));
    const pages = await Promise.all(
      [1, 2, 3].map(async () => (await fetch(url!, { headers: { connection: 'close' } })).text()),
    );
    expect(pages[0]).toMatch(/^<!doctype html>.*<\/html>\n$/s);
    expect(new Set(pages).size).toBe(1);
    await expect.poll(descriptors).toBe(before + 1);
    const gone = new Promise((done) => silent.once('close', done));
    silent.on('error', () => {});
    playing.kill('SIGINT');
    expect(await playing.end()).toMatchObject({ signal: 'SIGINT', stderr: '' });
    await gone;
  });

  it('says which port is taken', async () => {
    const playing = start(['play']);
    const [, port] = await playing.until(/127\.0\.0\.1:(\d+)/);
    const { status, stderr } = await run(['play', '--port', port!]);
    expect(stderr).toBe(
      `qemu-loop: cannot serve: listen at 127.0.0.1:${port}: Address already in use (EADDRINUSE): ` +
        'take another --port, or leave it out\n',
    );
    expect(status).toBe(125);
    playing.kill('SIGTERM');
    expect((await playing.end()).signal).toBe('SIGTERM');
  });

  it('on another system than Linux leads to -o', async () => {
    const preload = join(here, 'elsewhere.cjs');
    writeFileSync(preload, "Object.defineProperty(process, 'platform', { value: 'darwin' });");
    const env = { NODE_OPTIONS: `--require ${preload}` };
    const { status, stderr } = await run(['play'], { env });
    expect(stderr).toBe(
      'qemu-loop: serving needs Linux, and this is darwin: write the page to a file: -o play.html\n',
    );
    expect(status).toBe(125);
  });
});
