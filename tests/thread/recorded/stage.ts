/** A machine with IOThreads that play the parts of modules/recorded.mjs, on either host. */

import { join } from 'node:path';
import { expect } from 'vitest';
import type { Host } from '../../../src/host/host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';
import { IOThread, type IOThreadOptions } from '../../../src/thread/iothread.ts';
import { MachineState } from '../../../src/thread/machine-state.ts';
import { openFds } from '../../support/leaks.ts';
import { sayer } from '../modules/say.mjs';

/** As in say.mjs. */
const LINE = 128;
const LINES = 64;

const module = join(import.meta.dirname, '..', 'modules', 'recorded.mjs');

export class Stage {
  readonly host: Host;
  readonly loop: MainLoop;
  readonly machine: MachineState;
  readonly say: (text: string) => void;
  readonly #log = {
    next: new Int32Array(new SharedArrayBuffer(4)),
    count: new Int32Array(new SharedArrayBuffer(4)),
    lines: new Uint8Array(new SharedArrayBuffer(LINE * LINES)),
  };
  readonly #iothreads: IOThread[] = [];

  constructor(host: Host) {
    this.host = host;
    this.loop = new MainLoop({ host });
    this.machine = new MachineState({ host, loop: this.loop });
    this.say = sayer({ log: this.#log }, 'main', host);
  }

  /** Starts an IOThread that plays a part. It does not poll in user space. */
  io(name: string, part: string, data: object = {}, more: Partial<IOThreadOptions> = {}): IOThread {
    const { machine } = this;
    const all = { ...data, part, log: this.#log };
    const io = new IOThread({ machine, name, module, data: all, pollMaxNs: 0, ...more });
    this.#iothreads.push(io);
    return io;
  }

  /** Sleeps until the log has this many lines. */
  until(lines: number): void {
    const { count } = this.#log;
    for (;;) {
      const now = Atomics.load(count, 0);
      if (now >= lines) return;
      this.host.futexWait(count, 0, now, -1);
    }
  }

  get log(): string[] {
    const { next, lines } = this.#log;
    return Array.from({ length: next[0]! }, (_, i) => {
      const at = LINE * i;
      return new TextDecoder().decode(lines.slice(at + 1, at + 1 + lines[at]!));
    });
  }

  /** Ends IOThreads that the test has not disposed of, and the machine. */
  close(): void {
    for (const io of this.#iothreads) io.dispose();
    this.machine.dispose();
    this.loop.close();
  }
}

/** The function of a test. It fails if anything of the host is left at the end. */
export function staged(make: () => Host, body: (stage: Stage) => void): () => void {
  return () => {
    const host = make();
    const before = openFds(host);
    const stage = new Stage(host);
    body(stage);
    stage.close();
    // Node may close descriptors of Workers that have ended before.
    expect(openFds(host).filter((fd) => !before.includes(fd))).toEqual([]);
    host.dispose();
  };
}
