import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type BottomHalf, EventNotifier, LinuxHost, Listener, MainLoop } from '../src/index.ts';
import { fdsFor, NO_FDS } from './fds.ts';
import { nodeLoop, op } from './measure.ts';
import { cannot, type Measure, type Row, type Section } from './row.ts';

const ROUNDS = 20_000;
const IDLE_MS = 500;

/** A loop that Node drives, until it is closed. */
function driven(): MainLoop {
  const loop = new MainLoop({ host: new LinuxHost() });
  void loop.runAsync();
  return loop;
}

/** A bottom half schedules itself, so each call is a round. */
function round(): Row {
  const loop = driven();
  return {
    name: 'a round of runAsync with one bottom half; setImmediate',
    limit: 'a round is a setImmediate, and looks at the descriptors',
    ours: nodeLoop(ROUNDS, (count, done) => {
      let left = count;
      const bh: BottomHalf = loop.newBottomHalf('round', () => {
        if (--left > 0) bh.schedule();
        else {
          bh.delete();
          done();
        }
      });
      bh.schedule();
    }),
    node: nodeLoop(ROUNDS, (count, done) => {
      let left = count;
      const next = (): void => {
        if (--left > 0) setImmediate(next);
        else done();
      };
      setImmediate(next);
    }),
    close: () => loop.close(),
  };
}

function blockedRound(): Row {
  const loop = new MainLoop({ host: new LinuxHost() });
  const bh = loop.newBottomHalf('round', () => {});
  return {
    name: 'the same, blocked: main_loop_wait',
    ours: op(() => {
      bh.schedule();
      loop.mainLoopWait(false);
    }),
    close: () => loop.close(),
  };
}

/** The loop sleeps in Node's epoll_wait before each. */
function wakeUp(): Row {
  const loop = driven();
  const notifier = new EventNotifier(loop.host);
  let woken = (): void => {};
  loop.iohandler.setEventNotifier(notifier, {
    ioRead: () => {
      notifier.testAndClear();
      woken();
    },
  });
  return {
    name: 'a descriptor that becomes ready, to its handler',
    limit: "libuv's poll, then a setImmediate, then the loop's own epoll_wait",
    ours: nodeLoop(2_000, (count, done) => {
      let left = count;
      // From a later turn, so that the loop sleeps again.
      woken = () => (--left > 0 ? setImmediate(() => notifier.set()) : done());
      notifier.set();
    }),
    close: () => {
      loop.close();
      notifier.dispose();
    },
  };
}

function many(): Row {
  const count = 1_000;
  const loop = driven();
  let left = 0;
  let done = (): void => {};
  const bhs = Array.from({ length: count }, (_, i) =>
    loop.newBottomHalf(`bh ${i}`, () => {
      if (--left === 0) done();
    }),
  );
  return {
    name: '1,000 bottom halves in one round of runAsync, each; 1,000 setImmediates',
    ours: nodeLoop(count, (_, over) => {
      left = count;
      done = over;
      for (const bh of bhs) bh.schedule();
    }),
    node: nodeLoop(count, (_, over) => {
      let open = count;
      for (let i = 0; i < count; i++) {
        setImmediate(() => {
          if (--open === 0) over();
        });
      }
    }),
    close: () => loop.close(),
  };
}

/** CPU time per second while nothing happens. */
function idle(): Row {
  const loop = driven();
  let quiet: Promise<unknown> = delay(100);
  return {
    name: 'CPU of an idle loop in runAsync, a second',
    unit: 'µs',
    ours: async () => {
      // Node's own start is over by then.
      await quiet;
      quiet = Promise.resolve();
      const before = process.cpuUsage();
      const iterations = loop.iterations;
      await delay(IDLE_MS);
      const { user, system } = process.cpuUsage(before);
      if (loop.iterations !== iterations) throw new Error('the loop was not idle');
      return ((user + system) * 1e3) / (IDLE_MS / 1e3);
    },
    node: cannot('Node itself, idle, is in the same figure'),
    close: () => loop.close(),
  };
}

const CLIENT = join(import.meta.dirname ?? '.', 'node-echo-client.mjs');
const run = promisify(execFile);

/** Asks the server from a process of its own. Returns ns: the latency, or the time for each request. */
async function ask(port: number, connections: number, latency: boolean): Promise<number> {
  const requests = connections === 1 ? 4_000 : 20_000;
  const argv = [CLIENT, port, connections, requests].map(String);
  const { stdout } = await run(process.execPath, argv);
  const [perSecond, us] = stdout.trim().split(' ').map(Number) as [number, number];
  return latency ? us * 1e3 : 1e9 / perSecond;
}

function echo(connections: number, latency: boolean): Row {
  const text =
    connections === 1 ? '1 connection' : `${connections.toLocaleString('en')} connections`;
  const name = `an echo server, ${text}: ${latency ? 'median latency' : 'requests a second'}`;
  if (!fdsFor(connections)) return { name, ours: cannot(NO_FDS) };
  const loop = driven();
  const listener = new Listener({
    loop,
    address: { host: '127.0.0.1', port: 0 },
    backlog: 1_024,
    onConnection: (connection) =>
      void connection.start({ onBytes: (bytes) => void connection.write(bytes) }),
  });
  const server = createServer({ noDelay: true }, (socket: Socket) => {
    socket.on('data', (data) => socket.write(data)).on('error', () => socket.destroy());
  });
  const listening = once(server.listen(0, '127.0.0.1', 1_024), 'listening');
  const { port } = listener.address as { port: number };
  const node: Measure = async () => {
    await listening;
    return ask((server.address() as AddressInfo).port, connections, latency);
  };
  return {
    name,
    unit: latency ? 'µs' : 'per second',
    limit:
      "runAsync looks at its own epoll after Node's wait: 4 system calls a request, node:net 3",
    enoughMs: 20_000,
    ours: () => ask(port, connections, latency),
    node,
    close: () => {
      listener.dispose();
      loop.close();
      server.close();
    },
  };
}

export const node: Section = {
  name: 'node',
  about: "beside Node: runAsync, and sockets on the loop; the peer is Node's own",
  rows: [
    round,
    blockedRound,
    wakeUp,
    many,
    idle,
    () => echo(1, false),
    () => echo(1, true),
    () => echo(1_000, false),
    () => echo(1_000, true),
  ],
};
