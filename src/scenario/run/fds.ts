import { QemuAbort } from '../../aio/abort.ts';
import type { AioContext } from '../../aio/aio-context.ts';
import type { FdHandlers } from '../../aio/handler.ts';
import {
  AF_UNIX,
  EFD_SEMAPHORE,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  SOCK_STREAM,
} from '../../host/constants.ts';
import { check } from '../../host/errno.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import type { FdDef, FdKind, Watch } from '../model.ts';
import type { Callback } from './callback.ts';
import type { LaneWorld } from './world.ts';

const DRAIN_BYTES = 8;
const FILL_BYTES = 4096;

/** A descriptor, and the end that the outside world holds. */
interface Descriptor {
  fd: number;
  /** -1 if there is none, or it is closed. */
  peer: number;
}

/** The parts of a run, and of its own thread, that an FdSet works on. */
export interface FdParts {
  readonly world: LaneWorld;
  /** The kernel as the loop sees it, which drains a descriptor. */
  readonly host: Host;
  readonly ctx: AioContext;
  /** The set whose descriptors it has, if `def.of` says so. */
  readonly of: FdSet | null;
  readonly read: Callback;
  readonly write: Callback;
  /** Called with the number of its descriptor, and of the other end, whenever they change. */
  readonly onOpen: (fd: number, peer: number) => void;
  /** Called when it gets handlers, or has none any more. */
  readonly onWatch: (has: boolean) => void;
}

/** An entry of a file's `fds`: one descriptor or `count` of them, and their handlers. */
export class FdSet {
  readonly def: FdDef;
  readonly #parts: FdParts;
  readonly #outside: Host;
  readonly #buffer: HostBuffer;
  readonly #descriptors: Descriptor[];

  constructor(def: FdDef, parts: FdParts) {
    const { world, host, of } = parts;
    this.def = def;
    this.#parts = parts;
    this.#outside = world.host;
    this.#buffer = host.alloc(FILL_BYTES);
    if (of !== null) {
      this.#descriptors = of.#descriptors;
      return;
    }
    this.#descriptors = Array.from({ length: def.count }, () => this.#open());
    this.#tell();
    if (def.watch !== 'none') this.watch(def.watch);
  }

  /** Its descriptors; -1 for a closed one. */
  get fds(): readonly number[] {
    return this.#descriptors.map(({ fd }) => fd);
  }

  /** @param watch null for the handlers it is declared with */
  watch(watch: Watch | null): void {
    const how = watch ?? (this.def.watch === 'none' ? 'read' : this.def.watch);
    const { ctx } = this.#parts;
    for (const descriptor of this.#descriptors) {
      ctx.setFdHandler(this.#live(descriptor, 'watch'), this.#handlers(how, descriptor));
    }
    this.#parts.onWatch(true);
  }

  /** Works on a closed descriptor too: its number still has handlers. */
  unwatch(): void {
    const { ctx } = this.#parts;
    for (const { fd } of this.#descriptors) ctx.setFdHandler(numberOf(fd), null);
    this.#parts.onWatch(false);
  }

  kick(): void {
    const { kind } = this.#own();
    for (const descriptor of this.#descriptors) {
      const fd = this.#live(descriptor, 'kick');
      this.#buffer.i32[0] = 1;
      this.#buffer.i32[1] = 0;
      const to = kind === 'eventfd' ? fd : descriptor.peer;
      if (to < 0 || kind === 'pipe_write') {
        throw new QemuAbort(`kick: nobody can make '${this.def.name}' readable`);
      }
      this.#outside.write(to, this.#buffer, 0, DRAIN_BYTES);
    }
  }

  closeFd(): void {
    for (const descriptor of this.#descriptors) {
      this.#outside.close(this.#live(descriptor, 'close'));
      descriptor.fd = closed(descriptor.fd);
    }
    this.#tell();
  }

  closePeer(): void {
    for (const descriptor of this.#descriptors) {
      if (descriptor.peer < 0) {
        throw new QemuAbort(`close_peer: the other end of '${this.def.name}' is closed already`);
      }
      this.#outside.close(descriptor.peer);
      descriptor.peer = -1;
    }
    this.#tell();
  }

  /** Closes its descriptor if it is open, and opens a new one of the same number. */
  reopen(): void {
    for (const descriptor of this.#descriptors) {
      const number = numberOf(descriptor.fd);
      if (descriptor.fd >= 0) this.#outside.close(number);
      if (descriptor.peer >= 0) this.#outside.close(descriptor.peer);
      const made = this.#open();
      if (made.peer === number) {
        made.peer = this.#duplicate(number, 0);
        this.#outside.close(number);
      }
      if (made.fd !== number) {
        const moved = this.#duplicate(made.fd, number);
        if (moved !== number) {
          throw new QemuAbort(`reopen: fd ${number} of '${this.def.name}' is another's by now`);
        }
        this.#outside.close(made.fd);
        made.fd = moved;
      }
      descriptor.fd = made.fd;
      descriptor.peer = made.peer;
    }
    this.#tell();
  }

  /** Closes everything at the end of the run. */
  close(): void {
    if (this.def.of !== null) return;
    for (const { fd, peer } of this.#descriptors) {
      if (fd >= 0) this.#outside.close(fd);
      if (peer >= 0) this.#outside.close(peer);
    }
  }

  #tell(): void {
    const first = this.#descriptors[0];
    if (first !== undefined) this.#parts.onOpen(first.fd, first.peer);
  }

  #own(): FdDef {
    let set: FdSet = this;
    while (set.#parts.of !== null) set = set.#parts.of;
    return set.def;
  }

  #live({ fd }: Descriptor, what: string): number {
    if (fd < 0) throw new QemuAbort(`${what}: '${this.def.name}' is closed`);
    return fd;
  }

  #duplicate(fd: number, least: number): number {
    return check(this.#outside.fcntl(fd, F_DUPFD_CLOEXEC, least), `fcntl of '${this.def.name}'`);
  }

  #handlers(watch: Watch, descriptor: Descriptor): FdHandlers {
    const { name, many, quiet, drain, external } = this.def;
    const isLogged = !many && !quiet;
    const { read, write } = this.#parts;
    const drainIt = drain ? (): void => this.#drain(descriptor) : undefined;
    const ioRead = (): void => read.call(isLogged ? name : null, drainIt);
    const ioWrite = (): void => write.call(isLogged ? `${name}.w` : null);
    return {
      name,
      isExternal: external,
      ioRead: watch === 'read' || watch === 'both' ? ioRead : undefined,
      ioWrite: watch === 'write' || watch === 'both' ? ioWrite : undefined,
    };
  }

  #drain({ fd }: Descriptor): void {
    if (fd >= 0) this.#parts.host.read(fd, this.#buffer, 0, DRAIN_BYTES);
  }

  #open(): Descriptor {
    const { kind, ready, full, name } = this.def;
    const made = openKind(this.#parts.world, kind, ready);
    check(made.fd, `opening '${name}'`);
    if (full) while (this.#outside.write(made.fd, this.#buffer, 0, FILL_BYTES) > 0);
    if (ready && made.peer >= 0) this.#outside.write(made.peer, this.#buffer, 0, DRAIN_BYTES);
    return made;
  }
}

/** Encodes the number of a closed descriptor, below 0. */
function closed(fd: number): number {
  return -fd - 1;
}

function numberOf(fd: number): number {
  return fd >= 0 ? fd : -fd - 1;
}

function openKind(world: LaneWorld, kind: FdKind, ready: boolean): Descriptor {
  const { host } = world;
  const pair = [-1, -1];
  const flags = O_CLOEXEC | O_NONBLOCK;
  switch (kind) {
    case 'eventfd':
      return { fd: host.eventfd(ready ? 1 : 0, flags & ~EFD_SEMAPHORE), peer: -1 };
    case 'file':
      return { fd: world.openFile(), peer: -1 };
    case 'socketpair':
      check(host.socketpair(AF_UNIX, SOCK_STREAM | flags, pair), 'socketpair');
      return { fd: pair[0]!, peer: pair[1]! };
    default:
      check(host.pipe2(pair, flags), 'pipe2');
      if (kind === 'pipe_read') return { fd: pair[0]!, peer: pair[1]! };
      return { fd: pair[1]!, peer: pair[0]! };
  }
}
