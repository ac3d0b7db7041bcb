import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AF_INET,
  F_GETFD,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../../src/host/constants.ts';
import { EMFILE, type HostError } from '../../src/host/errno.ts';
import { FaultHost } from '../../src/host/lenses/faults.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { putSockaddr, SOCKADDR_SIZE } from '../../src/host/sockaddr.ts';
import { adoptFd, listenFds } from '../../src/io/adopt.ts';
import { connect } from '../../src/io/connect.ts';
import { Connection } from '../../src/io/connection.ts';
import { Listener } from '../../src/io/listener.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { portOf, rooms, testsIn } from './rooms.ts';

describe.each(rooms)('%s', (_name, make) => {
  const test = testsIn(make);

  test('many connections at once are all accepted', async (room) => {
    let count = 0;
    const listener = room.listen((connection) => {
      count++;
      connection.start({ onBytes: (bytes) => connection.write(bytes) });
    });
    let answered = 0;
    for (let i = 0; i < 200; i++) {
      room
        .connect(listener, {
          onBytes: () => {
            answered++;
          },
        })
        .write('x');
    }
    await room.until(() => answered === 200);
    expect(count).toBe(200);
  });

  test('a refused connect ends with ECONNREFUSED and the address', async (room) => {
    const listener = room.listen(() => {});
    const address = listener.address!;
    listener.dispose();
    let error: HostError | null = null;
    room.own(
      connect({
        loop: room.loop,
        address,
        onClose: (given) => {
          error = given;
        },
      }),
    );
    expect(error).toBe(null);
    await room.until(() => error !== null);
    const where = room.family === 'tcp' ? /connect to 127\.0\.0\.1:\d+:/ : /connect to @qemu-loop/;
    expect(error).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringMatching(where) });
  });

  test('a connection that is disposed of while it connects is told nothing', async (room) => {
    const listener = room.listen(() => {});
    const client = room.connect(listener, room.logs('client'));
    client.dispose();
    await room.pass(1);
    expect(room.log).toEqual([]);
  });

  test('a socket from elsewhere is adopted, listening or connected', async (room) => {
    const first = room.listen(() => {});
    const got: string[] = [];
    const server = room.own(
      adoptFd({
        loop: room.loop,
        fd: first.channel.fd,
        onConnection: (connection) => {
          room.own(connection).start({ onLine: (line) => got.push(line) });
        },
      }),
    );
    expect(server).toBeInstanceOf(Listener);
    const client = room.connect(server as Listener);
    // The one that the duplicate was made of does not count any more.
    first.dispose();
    const twin = room.own(adoptFd({ loop: room.loop, fd: client.channel.fd }));
    expect(twin).toBeInstanceOf(Connection);
    await room.until(() => client.queued === 0 && got.length >= 0);
    await room.pass(1);
    (twin as Connection).start({}).write('twin\n');
    await room.until(() => got.length > 0);
    expect(got).toEqual(['twin']);
    const { fd } = client.channel;
    const taken = adoptFd({ loop: room.loop, fd: room.host.fcntl(fd, 0, 0), take: true });
    const own = taken.channel.fd;
    taken.dispose();
    expect(room.host.fcntl(own, F_GETFD, 0)).toBeLessThan(0);
    expect(() => adoptFd({ loop: room.loop, fd: own })).toThrow(/EBADF/);
    const notifier = room.host.eventfd(0, 0o2000000);
    expect(() => adoptFd({ loop: room.loop, fd: notifier })).toThrow(/ENOTSOCK/);
    room.host.close(notifier);
  });
});

describe('a listener', () => {
  it('replaces the file of one that has died, not that of one that lives, and removes its own', () => {
    const host = new LinuxHost();
    const loop = new MainLoop({ host });
    const path = join(tmpdir(), `qemu-loop-io-${process.pid}`);
    const options = { loop, address: { path }, onConnection: () => {} };
    const first = new Listener(options);
    expect(() => new Listener(options)).toThrow(/listen at \/.*EADDRINUSE/);
    first.channel.close();
    expect(existsSync(path)).toBe(true);
    const second = new Listener(options);
    second.dispose();
    second.dispose();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, 'not a socket');
    // Its connect is refused too, but it is no socket.
    expect(() => new Listener(options)).toThrow(/EADDRINUSE/);
    expect(existsSync(path)).toBe(true);
    host.unlink(path);
    loop.dispose();
    host.dispose();
  });

  it('that gets no descriptor rests for 100 ms, says so, and goes on', () => {
    const sim = new SimHost();
    const host = new FaultHost(sim);
    const loop = new MainLoop({ host });
    const log: string[] = [];
    const listener = new Listener({
      loop,
      address: { host: '::1', port: 0 },
      onConnection: (connection) => {
        log.push(`accepted ${Math.floor((sim.nowNs - startNs) / 1e6)}`);
        connection.dispose();
      },
      onError: ({ code, syscall }) => log.push(`${syscall} ${code}`),
    });
    const startNs = sim.nowNs;
    host.add([{ call: 'accept', error: EMFILE, after: 0, times: 1 }]);
    host.active = true;
    const client = connect({ loop, address: listener.address! });
    const before = loop.iterations;
    while (log.length < 2) loop.mainLoopWait(false);
    expect(log).toEqual(['accept4 EMFILE', 'accepted 100']);
    expect(loop.iterations - before).toBeLessThan(8);
    for (const one of [client, listener, loop]) one.dispose();
  });

  it.each([
    ['no callback', { address: { path: 'x' } }, /onConnection is undefined/],
    ['no address', { onConnection: () => {} }, /the address is undefined/],
    ['a name', { address: { host: 'a', port: 1 }, onConnection: () => {} }, /expected an IP/],
    [
      'a wrong backlog',
      { address: { path: 'x' }, onConnection: () => {}, backlog: -1 },
      /backlog is -1/,
    ],
  ])('with %s is refused', (_what, options, message) => {
    const host = new SimHost();
    const loop = new MainLoop({ host });
    expect(() => new Listener({ loop, ...options } as never)).toThrow(message);
    loop.dispose();
  });

  it('on a closed loop is refused, and leaves no descriptor', () => {
    const host = new SimHost();
    const loop = new MainLoop({ host });
    loop.dispose();
    const options = { loop, address: { path: '/x' }, onConnection: () => {} };
    expect(() => new Listener(options)).toThrow('the loop is closed');
    expect(host.eventfd(0, 0)).toBe(3);
  });
});

describe('connect', () => {
  it('ends with ETIMEDOUT after its own time, if the network loses it', () => {
    const host = new SimHost();
    const loop = new MainLoop({ host });
    host.loopback.drops = () => true;
    const startNs = host.nowNs;
    let code = '';
    connect({
      loop,
      address: { host: '127.0.0.1', port: 9 },
      timeoutMs: 250,
      onClose: (error) => {
        code = error!.code;
      },
    });
    while (code === '') loop.mainLoopWait(false);
    expect([code, Math.floor((host.nowNs - startNs) / 1e6)]).toEqual(['ETIMEDOUT', 250]);
    loop.dispose();
  });

  it.each([
    ['sim', () => new SimHost()],
    ['linux', () => new LinuxHost()],
  ])('to a unix socket with a full backlog waits for room, on %s', (_name, make) => {
    const host = make();
    const loop = new MainLoop({ host });
    const other = new MainLoop({ host });
    const address = { path: `qemu-loop-full-${process.pid}`, abstract: true };
    const accepted: Connection[] = [];
    const listener = new Listener({
      loop: other,
      address,
      backlog: 0,
      onConnection: (connection) => accepted.push(connection),
    });
    let opened = 0;
    const onOpen = (): void => {
      opened++;
    };
    const clients = [1, 2].map(() => connect({ loop, address, onOpen }));
    for (let i = 0; i < 3; i++) loop.mainLoopWait(false);
    expect(opened).toBe(1);
    while (accepted.length < 1) other.mainLoopWait(false);
    while (opened < 2) loop.mainLoopWait(false);
    for (const one of [...clients, ...accepted, listener, loop, other, host]) one.dispose();
  });
});

describe('sockets beside Node', () => {
  it("a net.Server's handle is adopted: the loop accepts its connections", async () => {
    const host = new LinuxHost();
    const loop = new MainLoop({ host });
    const server: Server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    let accepted: Connection | undefined;
    const listener = adoptFd({
      loop,
      fd,
      onConnection: (connection) => {
        accepted = connection;
      },
    }) as Listener;
    expect(portOf(listener)).toBe((server.address() as { port: number }).port);
    // Node's own copy is closed: ours listens on.
    await new Promise((resolve) => server.close(resolve));
    const client = connect({ loop, address: listener.address! });
    while (accepted === undefined) loop.mainLoopWait(false);
    for (const one of [accepted, client, listener, loop, host]) one.dispose();
  });

  it.each([
    ['sim', () => new SimHost()],
    ['linux', () => new LinuxHost()],
  ])('the descriptors of systemd are listed for this process alone, on %s', (_name, make) => {
    const host = make();
    const buffer = host.alloc(SOCKADDR_SIZE);
    const fd = host.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    expect(host.bind(fd, buffer, putSockaddr(buffer, { host: '127.0.0.1', port: 0 }))).toBe(0);
    const env = (more: object) => ({
      LISTEN_PID: String(host.getpid()),
      LISTEN_FDS: '1',
      LISTEN_FDNAMES: 'web',
      ...more,
    });
    expect(listenFds(host, env({}))).toEqual([{ fd: 3, name: 'web' }]);
    expect(listenFds(host, env({ LISTEN_FDNAMES: undefined }))[0]!.name).toBe('unknown');
    expect(listenFds(host, env({ LISTEN_PID: '1' }))).toEqual([]);
    expect(listenFds(host, env({ LISTEN_FDS: 'x' }))).toEqual([]);
    expect(listenFds(host, env({ LISTEN_FDS: undefined }))).toEqual([]);
    expect(listenFds(host)).toEqual([]);
    host.close(fd);
    host.dispose();
  });
});
