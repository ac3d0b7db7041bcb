/**
 * The same random calls on the real kernel and on the simulated one: every result,
 * byte read and event must agree. Prints the differences, then the number of calls.
 * A process of its own: it masks signals.
 *
 * Arguments: first seed, number of seeds, calls a seed.
 */
import {
  EPOLLONESHOT,
  F_DUPFD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  SIGPIPE,
} from '../../src/host/constants.ts';
import { type Host, newSigAction } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { Random } from '../../src/host/sim/random.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

const FLAGS = O_NONBLOCK | O_CLOEXEC;
const SIGNALS = [1, 10, 12, 11, 17, 18, 20, 28, 34, 35, 36];
const NOWHERE = 99999;
const ET = 1 << 31;

/** A call, with objects in place of descriptors, since the numbers differ. */
interface Call {
  readonly kind: string;
  /** The object it is about, or that it makes. */
  readonly on: number;
  readonly args: readonly number[];
  readonly signals: readonly number[];
}

/** One host, and its descriptor for each object. */
class Side {
  readonly host: Host;
  readonly fds = new Map<number, number>();
  readonly #buf;
  readonly #words;

  constructor(host: Host) {
    this.host = host;
    this.#buf = host.alloc(300_000);
    this.#words = host.alloc(1024);
  }

  /** Makes the call; returns everything visible of its outcome. */
  make({ kind, on, args, signals }: Call): unknown {
    const { host } = this;
    const [x, y, z] = [args[0] ?? 0, args[1] ?? 0, args[2] ?? 0];
    const fd = this.#fd(on);
    switch (kind) {
      case 'eventfd':
        return this.#made(on, host.eventfd(x, FLAGS | y));
      case 'epoll':
        return this.#made(on, host.epollCreate1(O_CLOEXEC));
      case 'null':
        return this.#made(on, host.open('/dev/null', 2 | O_CLOEXEC, 0));
      case 'signalfd':
        return this.#made(on, host.signalfd(-1, signals, FLAGS));
      case 'pipe':
        return this.#pair(on, (out) => host.pipe2(out, FLAGS));
      case 'socketpair':
        return this.#pair(on, (out) => host.socketpair(1, 1 | FLAGS, out));
      case 'dup':
        return this.#made(on, host.fcntl(this.#fd(x), F_DUPFD_CLOEXEC, 3));
      case 'close':
        this.fds.delete(on);
        return host.close(fd);
      case 'remask':
        return Math.min(0, host.signalfd(fd, signals, 0));
      case 'write':
        return this.#write(fd, x, y, z);
      case 'read':
        return this.#read(fd, x);
      case 'fcntl':
        return host.fcntl(fd, x, y);
      case 'poll':
        return this.#poll(args);
      case 'ctl':
        return host.epollCtl(fd, x, this.#fd(y), z, y);
      case 'wait':
        return this.#wait(fd, x);
      case 'raise':
        return host.raise(x);
      case 'kill':
        return host.kill(host.getpid(), x);
      case 'sigqueue':
        return host.sigqueue(host.getpid(), x, y);
      case 'pending':
        return host.pendingSignals();
      case 'sigaction': {
        const handler = y === 2 ? host.handlerAddress : y;
        return host.sigaction(x, { ...newSigAction(), handler, flags: z, maskLo: -1 }, null);
      }
      case 'action': {
        const old = newSigAction();
        const result = host.sigaction(x, null, old);
        return [result, Math.min(2, old.handler), old.flags, old.maskLo, old.maskHi];
      }
      default:
        throw new Error(kind);
    }
  }

  #fd(object: number): number {
    return this.fds.get(object) ?? NOWHERE;
  }

  #made(object: number, fd: number): number {
    if (fd >= 0) this.fds.set(object, fd);
    return Math.min(0, fd);
  }

  #pair(object: number, make: (out: number[]) => number): number {
    const out: number[] = [];
    const result = make(out);
    this.fds.set(object, out[0]!);
    this.fds.set(object + 1, out[1]!);
    return result;
  }

  #write(fd: number, count: number, fill: number, large: number): number {
    const { u8, i32 } = this.#buf;
    for (let i = 0; i < Math.min(count, 64); i++) u8[i] = fill + i;
    if (count === 8) i32.set(large === 1 ? [-1 - fill, -1] : [fill, 0]);
    return this.host.write(fd, this.#buf, 0, count);
  }

  #read(fd: number, count: number): unknown {
    const { u8, view } = this.#buf;
    u8.fill(0);
    const n = this.host.read(fd, this.#buf, 0, count);
    // The sender's pid and uid are each host's own.
    const record = n > 0 && n % 128 === 0 && view.getInt32(12, true) === this.host.getpid();
    for (let at = 0; record && at < n; at += 128) u8.fill(0, at + 12, at + 20);
    const got = Buffer.from(u8.subarray(0, Math.max(0, Math.min(n, 1024)))).toString('hex');
    u8.fill(0);
    return [n, got];
  }

  #poll(pairs: readonly number[]): number[] {
    const { i32 } = this.#words;
    const n = pairs.length / 2;
    for (let i = 0; i < n; i++) {
      i32[2 * i] = this.#fd(pairs[2 * i]!);
      i32[2 * i + 1] = pairs[2 * i + 1]!;
    }
    const ready = this.host.poll(this.#words, n, 0);
    return [ready, ...Array.from({ length: n }, (_, i) => i32[2 * i + 1]! >>> 16)];
  }

  #wait(fd: number, max: number): number[] {
    const { epollStride, epollDataWord } = this.host;
    const { i32 } = this.#words;
    const n = this.host.epollWait(fd, this.#words, max, 0);
    const seen = [n];
    for (let i = 0; i < n; i++) {
      seen.push(i32[i * epollStride]!, i32[i * epollStride + epollDataWord + 1]!);
    }
    return seen;
  }
}

/** Draws calls, and knows which objects there are. */
class Player {
  readonly #random: Random;
  readonly #objects: number[] = [];
  readonly #epolls: number[] = [];
  #next = 1;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): Call {
    const x = this.#below(100);
    if (this.#objects.length < 4 || x < 6) return this.#create();
    const on = this.#any();
    const epoll = this.#pick([...this.#epolls, on]);
    if (x < 9) return this.#call('dup', this.#new(), on);
    if (x < 13) return this.#close(on);
    if (x < 30) {
      const count = this.#pick([0, 1, 8, 8, 8, 8, 100, 4095, 4096, 4097, 5000, 40000, 200000]);
      return this.#call('write', on, count, this.#below(4), this.#below(8));
    }
    if (x < 46) return this.#call('read', on, this.#pick([0, 1, 8, 8, 127, 300, 4096, 70000]));
    if (x < 54) return this.#poll();
    if (x < 68) {
      const mode = this.#pick([0, 0, 0, ET, EPOLLONESHOT, ET | EPOLLONESHOT]);
      const events = this.#pick([1, 4, 5, 0, 0x2001, 0x341]) | mode;
      return this.#call('ctl', epoll, this.#pick([1, 1, 1, 1, 2, 3, 3, 7]), on, events);
    }
    if (x < 82) return this.#call('wait', epoll, this.#pick([1, 2, 3, 16]));
    if (x < 97) return this.#signal(on);
    const command = this.#pick([1, 3, 1031, 1032, 999]);
    return this.#call('fcntl', on, command, this.#pick([0, 1, 4096, 5000, 65536, 200000]));
  }

  #signal(on: number): Call {
    const signo = this.#pick(SIGNALS);
    const x = this.#below(7);
    if (x === 0) return this.#call('raise', 0, signo);
    if (x === 1) return this.#call('kill', 0, signo);
    if (x === 2) return this.#call('sigqueue', 0, signo, this.#below(100) - 50);
    if (x === 3) return this.#call('pending', 0);
    if (x === 4) return { ...this.#call('remask', on), signals: this.#someSignals() };
    const any = this.#pick([...SIGNALS, 9, SIGPIPE, 32, 0, 65]);
    if (x === 5) return this.#call('action', 0, any);
    const flags = this.#pick([0, 4, 0x10000000, 1, 0x80000000, 0x12345]);
    return this.#call('sigaction', 0, any === SIGPIPE ? signo : any, this.#below(3), flags);
  }

  #create(): Call {
    const kinds = ['eventfd', 'eventfd', 'pipe', 'socketpair', 'epoll', 'null', 'signalfd'];
    const kind = this.#pick(kinds);
    const on = this.#new();
    if (kind === 'epoll') this.#epolls.push(on);
    if (kind === 'pipe' || kind === 'socketpair') this.#objects.push(on + 1);
    const call = this.#call(kind, on, this.#below(3), this.#below(4) === 0 ? 1 : 0);
    return { ...call, signals: this.#someSignals() };
  }

  #close(on: number): Call {
    for (const list of [this.#objects, this.#epolls]) {
      const at = list.indexOf(on);
      if (at >= 0) list.splice(at, 1);
    }
    return this.#call('close', on);
  }

  #poll(): Call {
    const pairs: number[] = [];
    for (let i = this.#below(8); i >= 0; i--) {
      pairs.push(this.#any(), this.#pick([1, 4, 5, 0, 0x2000, 0x7fff, 0x40, 0x100]));
    }
    return this.#call('poll', 0, ...pairs);
  }

  #call(kind: string, on: number, ...args: number[]): Call {
    return { kind, on, args, signals: [] };
  }

  #new(): number {
    const object = this.#next;
    this.#next += 2;
    this.#objects.push(object);
    return object;
  }

  #any(): number {
    return this.#below(50) === 0 ? NOWHERE : this.#pick(this.#objects);
  }

  #someSignals(): number[] {
    return SIGNALS.filter(() => this.#below(2) === 0);
  }

  #below(n: number): number {
    return Math.floor(this.#random.next() * n);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }
}

/** Puts the real process back as it was: no descriptors, no dispositions, nothing pending. */
function clean({ host, fds }: Side): void {
  for (const fd of new Set(fds.values())) host.close(fd);
  for (const signo of SIGNALS) host.sigaction(signo, newSigAction(), null);
  const buf = host.alloc(1280);
  const fd = host.signalfd(-1, SIGNALS, FLAGS);
  while (host.read(fd, buf, 0, 1280) > 0);
  host.close(fd);
}

/** Plays one seed; returns how many calls agreed. */
function play(linux: LinuxHost, seed: number, calls: number): number {
  const real = new Side(linux);
  const sim = new Side(new SimHost());
  sim.host.blockSignals(SIGNALS);
  const player = new Player(seed);
  try {
    for (let i = 0; i < calls; i++) {
      const call = player.next();
      const expected = JSON.stringify(real.make(call));
      const got = JSON.stringify(sim.make(call));
      if (expected === got) continue;
      console.log(`seed ${seed}, call ${i}, ${JSON.stringify(call)}:`);
      console.log(`  linux ${expected}\n  sim   ${got}`);
      return i;
    }
    return calls;
  } finally {
    clean(real);
  }
}

const [first = 1, seeds = 100, calls = 300] = process.argv.slice(2).map(Number);
const linux = new LinuxHost();
if (typeof linux.blockSignals(SIGNALS) === 'number') throw new Error('signals cannot be blocked');
for (const signo of SIGNALS) linux.sigaction(signo, newSigAction(), null);
let agreed = 0;
for (let seed = first; seed < first + seeds; seed++) agreed += play(linux, seed, calls);
console.log(`${agreed} calls agree`);
