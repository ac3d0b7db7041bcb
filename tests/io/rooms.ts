/** The hosts and the ways of driving that each test of sockets goes through. */

import { it } from 'vitest';
import { AioContext } from '../../src/aio/aio-context.ts';
import { QEMU_CLOCK_REALTIME } from '../../src/aio/clock.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import type { InetSocketAddress, SocketAddress } from '../../src/host/sockaddr.ts';
import { type ConnectOptions, connect } from '../../src/io/connect.ts';
import type { Connection } from '../../src/io/connection.ts';
import type { ConnectionHandlers } from '../../src/io/connection-handlers.ts';
import type { IoLoop } from '../../src/io/io-loop.ts';
import { Listener, type ListenerOptions } from '../../src/io/listener.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { expectNoLeaks, held } from '../support/leaks.ts';

/** A wait that takes longer hangs, however busy the machine is; ms. */
const HANGS_MS = 60_000;

const HOSTS = { linux: () => new LinuxHost(), sim: () => new SimHost() };
const DRIVES = ['main_loop_wait', 'aio_poll', 'runAsync'] as const;
type Drive = (typeof DRIVES)[number];

export type Family = 'unix' | 'tcp';

let names = 0;

export class Room {
  readonly host: LinuxHost | SimHost;
  readonly loop: IoLoop;
  readonly log: string[] = [];
  readonly family: Family;
  readonly #drive: Drive;
  readonly #open: { dispose(): void }[] = [];
  readonly #before: ReturnType<typeof held>;

  constructor(host: LinuxHost | SimHost, drive: Drive, family: Family) {
    this.host = host;
    this.#before = held(host);
    this.#drive = drive;
    this.family = family;
    this.loop = drive === 'aio_poll' ? new AioContext({ host }) : new MainLoop({ host });
  }

  /** An address of this family that is free. */
  address(): SocketAddress {
    if (this.family === 'tcp') return { host: '127.0.0.1', port: 0 };
    return { path: `qemu-loop-io-${process.pid}-${++names}`, abstract: true };
  }

  own<T extends { dispose(): void }>(one: T): T {
    this.#open.push(one);
    return one;
  }

  listen(
    onConnection: (connection: Connection) => void,
    more: Partial<ListenerOptions> = {},
  ): Listener {
    const own = (connection: Connection): void => onConnection(this.own(connection));
    const { loop } = this;
    return this.own(new Listener({ loop, address: this.address(), onConnection: own, ...more }));
  }

  connect(to: Listener, handlers: Partial<ConnectOptions> = {}): Connection {
    return this.own(connect({ loop: this.loop, address: to.address!, ...handlers }));
  }

  /** Two connections that are connected to each other. */
  async pair(
    client: ConnectionHandlers,
    server: ConnectionHandlers,
  ): Promise<[Connection, Connection]> {
    let accepted: Connection | undefined;
    const listener = this.listen((connection) => {
      accepted = connection.start(server);
    });
    const connected = this.connect(listener, client);
    await this.until(() => accepted !== undefined);
    return [connected, accepted!];
  }

  /** Logs what a connection calls. */
  logs(name: string, more: Partial<ConnectionHandlers> = {}): ConnectionHandlers {
    const { log } = this;
    return {
      onOpen: () => log.push(`${name} open`),
      onClose: (error) => log.push(`${name} close ${error === null ? 'null' : error.code}`),
      ...more,
    };
  }

  /** Drives the loop until the condition holds. */
  async until(holds: () => boolean): Promise<void> {
    let hangs = false;
    const ctx = this.loop instanceof MainLoop ? this.loop.context : this.loop;
    const guard = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'guard', () => {
      hangs = true;
    });
    guard.modIn(HANGS_MS);
    try {
      while (!holds()) {
        if (hangs) throw new Error(`it does not come: ${holds}; ${this.log.join(', ')}`);
        await this.#turns(() => hangs || holds());
      }
    } finally {
      guard.dispose();
    }
  }

  /** Drives the loop for a while of its own time. */
  async pass(ms: number): Promise<void> {
    let isOver = false;
    const ctx = this.loop instanceof MainLoop ? this.loop.context : this.loop;
    const timer = ctx.timers.newTimer(QEMU_CLOCK_REALTIME, 'pass', () => {
      isOver = true;
    });
    timer.modIn(ms);
    await this.until(() => isOver);
    timer.dispose();
  }

  /** Drives the loop for an iteration, or until it is over. */
  async #turns(isOver: () => boolean): Promise<void> {
    const { loop } = this;
    if (!(loop instanceof MainLoop)) loop.poll(true);
    else if (this.#drive === 'main_loop_wait') loop.mainLoopWait(false);
    else {
      const stop = loop.addPollNotifier(() => {
        if (isOver()) loop.quit();
      });
      await loop.runAsync();
      stop.dispose();
    }
  }

  end(): void {
    for (const one of this.#open.reverse()) one.dispose();
    this.loop.dispose();
    expectNoLeaks(this.host, this.#before);
    this.host.dispose();
  }
}

/** Each host, each way of driving, each family. */
export const rooms: readonly (readonly [name: string, make: () => Room])[] = (
  ['linux', 'sim'] as const
).flatMap((host) =>
  DRIVES.flatMap((drive) =>
    (['unix', 'tcp'] as const).map(
      (family) =>
        [
          `${family} sockets of ${host} by ${drive}`,
          () => new Room(HOSTS[host](), drive, family),
        ] as const,
    ),
  ),
);

/** Makes the `it` of a kind of room: each test gets one of its own, which is left clean. */
export function testsIn(make: () => Room) {
  return (name: string, body: (room: Room) => Promise<void>): void =>
    it(name, async () => {
      const room = make();
      try {
        await body(room);
      } finally {
        room.end();
      }
    });
}

export function portOf(listener: Listener): number {
  return (listener.address as InetSocketAddress).port;
}
