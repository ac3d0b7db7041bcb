/**
 * Run alone by death.test.ts: two IOThreads are busy and talk to the main loop, while others come and
 * die, each in its way. Tells what the two do then, and what each of the dead leaves.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { SIGRTMIN } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { Signals } from '../../src/signal/signals.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';

/** Rounds that each thread has to make before a death, and again behind it. */
const ROUNDS = 100;
const SIGNAL = SIGRTMIN + 1;
const SIGNALS = 20;
/** The places of the threads in the words; a further word tells that the victim will not return. */
const OTHERS = [0, 2];
const VICTIM = 1;
const GOES_ON = 3;

const [, , module, ...ways] = process.argv;
const host = new LinuxHost();

/** The signals that each thread blocks, and the descriptors. */
function left(): string {
  const of = (tid: string): string => readFileSync(`/proc/self/task/${tid}/status`, 'latin1');
  const tids = readdirSync('/proc/self/task');
  const masks = tids.map((tid) => `${tid} ${/^SigBlk:\s+(\w+)$/m.exec(of(tid))![1]!}`);
  return JSON.stringify([masks, readdirSync('/proc/self/fd')]);
}

class Stage {
  readonly loop = new MainLoop({ host });
  readonly #machine = new MachineState({ host, loop: this.loop });
  readonly #signals = new Signals(this.loop, { signals: [SIGNAL] });
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * 4));
  readonly #bh = this.loop.newBottomHalf('told', () => {});
  readonly #others = OTHERS.map((place) => this.#newThread(place));
  #told: Error | null = null;
  #taken = 0;

  constructor() {
    this.#signals.sigaction(SIGNAL, { name: 'count', handler: () => this.#taken++ });
  }

  #newThread(place: number): IOThread {
    const data = { words: this.#words, place, told: this.#bh.share() };
    return new IOThread({ machine: this.#machine, name: `io${place}`, module: module!, data });
  }

  /** Runs the loop; the error of a thread comes out of it. */
  #turn(): void {
    try {
      this.loop.mainLoopWait(false);
    } catch (error) {
      if (this.#told !== null) throw error;
      this.#told = error as Error;
    }
  }

  /** The loop runs until each of these threads has made some rounds more. */
  #until(places: readonly number[]): void {
    const aim = places.map((place) => Atomics.load(this.#words, place) + ROUNDS);
    while (places.some((place, i) => Atomics.load(this.#words, place) < aim[i]!)) this.#turn();
  }

  /** A thread comes, and dies. */
  async show(way: string): Promise<void> {
    const before = left();
    const [how, locked] = way.split(' ');
    const victim = this.#newThread(VICTIM);
    this.#until([...OTHERS, VICTIM]);
    this.#told = null;
    Atomics.store(this.#words, GOES_ON, 0);
    victim.context.scheduleOneshot(how!, locked === undefined ? 0 : 1);
    const error = how === 'compute' || how === 'rest' ? await this.#ends(victim) : this.#fails();
    this.#until(OTHERS);
    for (let i = 0; i < SIGNALS; i++) host.sigqueue(host.getpid(), SIGNAL, i);
    for (this.#taken = 0; this.#taken < SIGNALS; ) this.#turn();
    const running = this.#others.filter((io) => io.running).length;
    const runs = victim.running;
    victim.stop();
    for (const context of [victim.context, this.loop.context]) {
      this.#machine.thread.acquire(context);
      this.#machine.thread.release(context);
    }
    let leaked: string[] = [];
    try {
      victim.dispose();
    } catch (error) {
      leaked = (error as Error).message.match(/'\w+'/g) ?? [];
    }
    const same = left() === before;
    const signals = this.#taken;
    console.log(
      JSON.stringify({ way, error, runs, running, signals, leaked: leaked.sort(), same }),
    );
  }

  #fails(): string {
    while (this.#told === null) this.#turn();
    return this.#told.stack!;
  }

  async #ends(victim: IOThread): Promise<null> {
    // It computes for ever, or sleeps.
    while (Atomics.load(this.#words, GOES_ON) === 0 && victim.context.notifyMe === 0) this.#turn();
    let isGone = false;
    void victim.terminate().then(() => (isGone = true));
    // The word comes in Node's own loop, which has a turn between two of ours.
    while (!isGone) {
      this.#turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return null;
  }

  close(): void {
    for (const { context } of this.#others) context.scheduleOneshot('rest');
    for (const io of this.#others) io.dispose();
    this.#signals.dispose();
    this.#bh.delete();
    this.#machine.dispose();
    this.loop.close();
  }
}

async function main(): Promise<void> {
  const before = left();
  const stage = new Stage();
  for (const way of ways) await stage.show(way);
  stage.close();
  // No thread blocks anything any more, but one of Node's that did so from the start.
  const [masks] = JSON.parse(left()) as string[][];
  const free = masks!.every((mask) => /^\d+ 0+$/.test(mask) || before.includes(mask));
  console.log(JSON.stringify({ free }));
}

void main();
