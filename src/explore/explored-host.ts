import { WRITERS } from '../aio/wake/inbox.ts';
import { Belongings } from '../host/belongings.ts';
import { HOST_CALL_NAMES } from '../host/calls.ts';
import { CLOCK_MONOTONIC, POLLIN } from '../host/constants.ts';
import { EAGAIN } from '../host/errno.ts';
import { NOTHING } from '../host/held-list.ts';
import type { Host, HostBuffer } from '../host/host.ts';
import type { ExploredWords } from './explored-words.ts';

/** The descriptor of the first eventfd, which is the only one that anybody writes. */
export const WAKE_FD = 5;

class Bytes implements HostBuffer {
  readonly address = 0;
  readonly size: number;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly view: DataView;

  constructor(size: number) {
    const bytes = new ArrayBuffer(Math.ceil(size / 8) * 8);
    this.size = size;
    this.u8 = new Uint8Array(bytes);
    this.i32 = new Int32Array(bytes);
    this.view = new DataView(bytes);
  }
}

/** All calls of a Host: those that no explored program makes. */
const OTHERS = Object.fromEntries(
  HOST_CALL_NAMES.map((name) => [
    name,
    () => {
      throw new Error(`an explored program calls ${name}, which only a whole Host has`);
    },
  ]),
);

/** Sleeper.close waits for writers, and looks again after each time. */
function waitsForWriters(words: ExploredWords): number {
  words.named('close', () => words.waitForZero(WRITERS));
  return 0;
}

/**
 * The calls of a Host that a context and its wakers make, over explored words: the eventfd is a word,
 * and so is all that a futex waits for.
 * @param eventfd the word of the eventfd; -1 in it stands for a closed one
 */
export function exploredHost(words: ExploredWords, eventfd: number): Host {
  let nextFd = WAKE_FD;
  const found = (pollfds: HostBuffer, nfds: number, value: number): number => {
    for (let i = 0; i < nfds; i++) {
      const isReady = value !== 0 && pollfds.i32[2 * i] === WAKE_FD;
      pollfds.i32[2 * i + 1] = POLLIN | (isReady ? POLLIN << 16 : 0);
    }
    return value === 0 ? 0 : 1;
  };
  const calls: Partial<Host> = {
    kind: 'linux',
    belongings: new Belongings(),
    alloc: (bytes) => new Bytes(bytes),
    eventfd: () => nextFd++,
    onClose: () => NOTHING,
    openNodeCall: () => null,
    clockNs: (clock) => (clock === CLOCK_MONOTONIC ? 1 : 0),
    poll: (pollfds, nfds, timeoutNs) => {
      if (nfds === 0) return waitsForWriters(words);
      const look = (): number => (timeoutNs === 0 ? words.load(eventfd) : words.sleepOn(eventfd));
      return found(pollfds, nfds, words.named('poll', look));
    },
    write: () => {
      if (words.named('write', () => words.exchange(eventfd, 1)) < 0) {
        throw new Error('writes the eventfd after it was closed');
      }
      return 8;
    },
    read: (fd, buffer, offset) => {
      if (fd !== WAKE_FD) return -EAGAIN;
      const value = words.named('read', () => words.exchange(eventfd, 0));
      if (value === 0) return -EAGAIN;
      buffer.i32[offset / 4] = value;
      buffer.i32[offset / 4 + 1] = 0;
      return 8;
    },
    close: (fd) => {
      if (fd !== WAKE_FD) return 0;
      words.named('close', () => words.exchange(eventfd, -1));
      return 0;
    },
  };
  return Object.assign(Object.create(OTHERS), calls) as Host;
}
