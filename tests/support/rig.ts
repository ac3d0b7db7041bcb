/** A host and the objects that a test opens on it, with a check that none of them is left. */

import { expect } from 'vitest';
import { AioContext, type AioContextOptions } from '../../src/aio/aio-context.ts';
import { AF_UNIX, O_CLOEXEC, O_NONBLOCK, SOCK_STREAM } from '../../src/host/constants.ts';
import { check } from '../../src/host/errno.ts';
import type { Host, HostBuffer } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop, type MainLoopOptions } from '../../src/mainloop/main-loop.ts';
import { expectNoLeaks, held } from './leaks.ts';
import { follow } from './origins.ts';

const FLAGS = O_CLOEXEC | O_NONBLOCK;

/** The hosts that a case can run on, for describe.each. */
export const hosts: readonly (readonly [kind: string, make: () => Host])[] = [
  ['sim', () => new SimHost()],
  ['linux', () => new LinuxHost()],
];

export class Rig<H extends Host = Host> {
  readonly host: H;
  /** The events of the test, in its own words. */
  readonly log: string[] = [];
  readonly #buffer: HostBuffer;
  readonly #contexts: AioContext[] = [];
  readonly #loops: MainLoop[] = [];
  readonly #fds = new Set<number>();

  constructor(host: H) {
    this.host = host;
    this.#buffer = host.alloc(64);
    this.#buffer.i32[0] = 1;
  }

  context(options: Partial<AioContextOptions> = {}): AioContext {
    const ctx = new AioContext({ host: this.host, ...options });
    this.#contexts.push(ctx);
    return ctx;
  }

  loop(options: Partial<MainLoopOptions> = {}): MainLoop {
    const loop = new MainLoop({ host: this.host, ...options });
    this.#loops.push(loop);
    return loop;
  }

  eventfd(count = 0): number {
    return this.#own(check(this.host.eventfd(count, FLAGS), 'eventfd'));
  }

  /** Makes a pipe: [read end, write end]. */
  pipe(): [number, number] {
    const ends = [-1, -1];
    check(this.host.pipe2(ends, FLAGS), 'pipe2');
    return [this.#own(ends[0]!), this.#own(ends[1]!)];
  }

  socketpair(): [number, number] {
    const ends = [-1, -1];
    check(this.host.socketpair(AF_UNIX, SOCK_STREAM | FLAGS, ends), 'socketpair');
    return [this.#own(ends[0]!), this.#own(ends[1]!)];
  }

  /** Takes ownership of a descriptor that the test opened by itself. */
  own(fd: number): number {
    return this.#own(check(fd, 'the descriptor'));
  }

  /** Adds 1 to an eventfd, or writes 8 bytes. */
  kick(fd: number): void {
    check(this.host.write(fd, this.#buffer, 0, 8), 'write');
  }

  /** Reads 8 bytes, if there are any. Returns the result of read. */
  drain(fd: number): number {
    return this.host.read(fd, this.#buffer, 8, 8);
  }

  close(fd: number): void {
    this.#fds.delete(fd);
    check(this.host.close(fd), 'close');
  }

  /** Takes the log since the last call. */
  taken(): string[] {
    return this.log.splice(0);
  }

  /** Closes contexts and loops, then all that is still open. */
  end(): void {
    for (const ctx of this.#contexts) {
      ctx.close();
      if (ctx.handlers.size > 0) throw new Error('a closed context has handlers');
    }
    for (const loop of this.#loops) {
      loop.close();
      if (loop.watched.fds > 0) throw new Error('a closed loop watches fds');
    }
    for (const fd of this.#fds) this.host.close(fd);
  }

  #own(fd: number): number {
    this.#fds.add(fd);
    return fd;
  }
}

/** Makes the function of a test. Its body gets a rig; it fails if anything is left at the end. */
export function rigged<H extends Host>(make: () => H, body: (rig: Rig<H>) => void): () => void {
  return () => {
    const host = make();
    try {
      const before = held(host);
      const origins = follow(host);
      const rig = new Rig(host);
      try {
        body(rig);
      } catch (error) {
        closeQuietly(rig);
        throw error;
      }
      rig.end();
      expect(origins.left).toBe('');
      expectNoLeaks(host, before);
    } finally {
      host.dispose();
    }
  };
}

export function onSim(body: (rig: Rig<SimHost>) => void): () => void {
  return rigged(() => new SimHost(), body);
}

/** Hides errors of the clean-up, so that the failure of the test itself is seen. */
function closeQuietly(rig: Rig): void {
  try {
    rig.end();
  } catch {}
}
