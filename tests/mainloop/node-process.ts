/** A process of its own, which shows uncaught errors, contexts, and when the process ends. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile, execFileSync } from 'node:child_process';
import { on, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { AioContext } from '../../src/aio/aio-context.ts';
import { O_CLOEXEC, O_NONBLOCK } from '../../src/host/constants.ts';
import { SYS } from '../../src/host/linux/libc.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';

const [, , test = '', kind = ''] = process.argv;
const host = new LinuxHost({ nodeWaitBy: kind as 'uv_poll' });
const loop = new MainLoop({ host });
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const TESTS: Record<string, () => Promise<void> | void> = {
  async errors() {
    const uncaught = new Promise<void>((seen) => {
      process.on('uncaughtException', (error) => {
        say(`uncaught: ${error.message}`);
        // After the tick and the promise of the callback that threw.
        setImmediate(seen);
      });
    });
    loop.context.scheduleOneshot('throws', () => {
      process.nextTick(() => say('tick'));
      void Promise.resolve().then(() => say('promise'));
      throw new Error('of a callback');
    });
    loop.context.scheduleOneshot('before', () => say('before'));
    const over = loop.runAsync();
    await uncaught;
    loop.context.scheduleOneshot('after', () => {
      process.nextTick(() => say('tick'));
      void Promise.resolve().then(() => say('promise'));
      say('after');
      loop.quit();
    });
    await over;
    say('over');
  },

  async dies() {
    loop.context.scheduleOneshot('throws', () => {
      throw new Error('nobody handles it');
    });
    await loop.runAsync();
  },

  async storage() {
    const storage = new AsyncLocalStorage<string>();
    const bh = loop.newBottomHalf('b', () => {
      say(`${storage.getStore()}`);
      loop.quit();
    });
    const over = storage.run('of runAsync', () => loop.runAsync());
    await turn();
    storage.run('of who schedules', () => bh.schedule());
    await over;
    bh.delete();
  },

  unref() {
    process.on('exit', (status) => say(`exit ${status}`));
    void loop.unref().runAsync();
    setTimeout(() => say('the last timer'), 10);
  },

  async ref() {
    const timer = loop.timers.newTimer(0, 't', () => {
      say('a timer of the loop');
      loop.quit();
    });
    timer.modNs(host.clockNs(1) + 30e6);
    loop.unref();
    loop.ref();
    await loop.runAsync();
    say('over');
  },

  exits() {
    process.on('exit', (status) => say(`exit ${status}`));
    void loop.runAsync();
    loop.context.scheduleOneshot('exits', () => process.exit(3));
  },

  async node() {
    const over = loop.runAsync();
    await goesOn();
    loop.quit();
    await over;
    say('over');
  },

  async workers() {
    for (let i = 0; i < 6; i++) {
      const worker = new Worker(__filename, { argv: [test, kind], workerData: { busy: i % 2 } });
      const [said] = await once(worker, 'message');
      if (i < 2) say(said);
      await worker.terminate();
    }
    say('over');
  },

  /** Each sleeps in its loop's system call, with few descriptors (ppoll) or many (an epoll). */
  async workersInLoop() {
    const ended = Object.keys(SLEEPS).map(async (way) => {
      const { worker } = await sleeping(way);
      return `${way}: ${await worker.terminate()}`;
    });
    for (const line of await Promise.all(ended)) say(line);
  },

  async idleAfterInLoop() {
    const { worker, messages } = await sleeping('mainLoopWait, then runAsync');
    const [iterations] = (await messages.next()).value;
    say(iterations < 10 ? 'idle' : `${iterations} iterations`);
    await worker.terminate();
  },

  /** Node has written to a worker's libuv before its script begins. */
  async restInLoop() {
    for (const way of ['poll', 'poll, an epoll', 'poll, an epoll of QEMU 11', 'poll, io_uring']) {
      const { worker, rounds } = await sleeping(way);
      say(rounds[0]! < MANY ? way : `${way} does not sleep`);
      await worker.terminate();
    }
  },

  async exitsWithWorkersInLoop() {
    process.on('exit', (status) => say(`exit ${status}`));
    await Promise.all(['run', 'poll', 'run in runAsync'].map(sleeping));
    process.exit(3);
  },

  exitsWithWorker() {
    process.on('exit', (status) => say(`exit ${status}`));
    const worker = new Worker(__filename, { argv: [test, kind], workerData: {} });
    worker.once('message', () => process.exit(3));
  },

  embedded() {
    process.on('uncaughtException', (error) => say(`uncaught: ${error.message}`));
    setImmediate(() => {
      throw new Error('of an immediate made before');
    });
    void goesOn().then(() => loop.quit());
    say(loop.run({ node: true }) === undefined && loop.drivenBy === null ? 'over' : 'not over');
  },

  /** The callbacks of a turn come after those of the contexts; then come ticks and promises. */
  embeddedOrder() {
    const embedded = loop.embedNode();
    setTimeout(() => {
      say('timer of Node');
      process.nextTick(() => say('tick'));
      loop.context.scheduleOneshot('b', () => {
        say('bottom half');
        void Promise.resolve().then(() => say('promise of a bottom half'));
        process.nextTick(() => say('tick of a bottom half'));
        setImmediate(() => {
          say('immediate');
          loop.quit();
        });
      });
    }, 1);
    loop.run();
    embedded.dispose();
    embedded.dispose();
    // Nothing of it is left: an immediate throws as ever, and the loop sleeps without libuv.
    loop.context.scheduleOneshot('b', () => loop.quit());
    loop.run();
    say(`${loop.watched.fds} fds`);
  },

  embeddedSleeps() {
    setTimeout(() => {
      const before = loop.iterations;
      setTimeout(() => {
        say(loop.iterations - before < 10 ? 'slept' : 'did not sleep');
        loop.quit();
      }, 50);
    }, 1);
    loop.run({ node: true });
  },

  async embeddedHeld() {
    await turn();
    try {
      loop.run({ node: true });
    } catch (error) {
      say((error as Error).message);
    }
    setImmediate(() => {});
    setImmediate(() => {
      try {
        loop.run({ node: true });
      } catch (error) {
        say((error as Error).message);
      }
      setTimeout(() => {
        setTimeout(() => setImmediate(() => loop.quit()), 1);
        loop.run({ node: true });
        say('over');
      }, 0);
    });
  },

  /** No list of timers is new to Node while run is called, which would start its clock. */
  embeddedInTimer() {
    setTimeout(() => say('30 ms'), 30);
    setTimeout(() => {
      setTimeout(() => say('1 ms'), 1);
      setTimeout(() => loop.quit(), 30);
      loop.run({ node: true });
      say('over');
    }, 1);
  },

  embeddedError() {
    loop.context.scheduleOneshot('b', () => {
      throw new Error('of a bottom half');
    });
    try {
      loop.run({ node: true });
    } catch (error) {
      say(`run threw: ${(error as Error).message}`);
    }
    say(`${loop.drivenBy}`);
  },

  async refused() {
    const over = loop.runAsync();
    const embed = (): void => void loop.embedNode();
    say(messageOf(embed));
    loop.quit();
    await over;
    setImmediate(() => {
      const embedded = loop.embedNode();
      say(messageOf(embed));
      void loop.runAsync().catch((error) => say(error.message));
      embedded.dispose();
    });
  },
};

function messageOf(call: () => void): string {
  try {
    call();
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Node's own things, one after the other. */
async function goesOn(): Promise<void> {
  await new Promise((done) => setTimeout(done, 2));
  say(`timer, driven by ${loop.drivenBy}`);
  say((await readFile('/proc/sys/kernel/ostype', 'utf8')).trim());
  const server = createServer((_request, response) => {
    loop.context.scheduleOneshot('answers', () => response.end('hello'));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  say(await (await fetch(`http://127.0.0.1:${port}`)).text());
  server.close();
  server.closeAllConnections();
  say((await promisify(execFile)('echo', ['execFile'])).stdout.trim());
  say(execFileSync('echo', ['execFileSync']).toString().trim());
  await once(AbortSignal.timeout(2), 'abort');
  say('a timer that keeps nothing alive');
}

/** Ends if a worker's loop and its promises go on beside each other, until it is terminated. */
async function inWorker(): Promise<void> {
  const fd = host.eventfd(0, O_CLOEXEC | O_NONBLOCK);
  const buffer = host.alloc(8);
  let reads = 0;
  loop.setFdHandler(fd, {
    ioRead: () => {
      host.read(fd, buffer, 0, 8);
      reads++;
    },
  });
  const over = loop.runAsync();
  while (reads < 3) {
    buffer.i32[0] = 1;
    host.write(fd, buffer, 0, 8);
    await turn();
  }
  const busy = loop.newBottomHalf('busy', () => busy.schedule());
  if (workerData.busy) busy.schedule();
  parentPort!.postMessage(`driven by ${loop.drivenBy}`);
  await over;
}

/** Rounds of a loop that does not sleep. */
const MANY = 100;

/**
 * Until a thread of this process sleeps in a system call of its loop, or that goes round for nothing.
 * V8 sleeps in futex while it starts the thread.
 */
async function asleep(tid: number, rounds: Int32Array): Promise<void> {
  const isAsleep = async (): Promise<boolean> => {
    const [call] = (await readFile(`/proc/self/task/${tid}/syscall`, 'utf8')).split(' ');
    return call !== 'running\n' && call !== String(SYS.futex);
  };
  while (!(await isAsleep()) && Atomics.load(rounds, 0) < MANY) await turn();
}

async function sleeping(way: string) {
  const rounds = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, { argv: [test, kind], workerData: { way, rounds } });
  // From the start: the next one may come before anybody awaits it.
  const messages = on(worker, 'message');
  const { value: first } = await messages.next();
  await asleep(first[0], rounds);
  return { worker, rounds, messages };
}

function pollForever(context: AioContext): void {
  for (;;) {
    context.poll(true);
    Atomics.add(workerData.rounds, 0, 1);
  }
}

function watchMany(fds: number): void {
  for (let i = 0; i < fds; i++) {
    loop.setFdHandler(host.eventfd(0, O_CLOEXEC), { ioRead: () => {} });
  }
}

/** Ways of sleeping in the loop's system call until the worker is terminated. */
const SLEEPS: Record<string, () => void> = {
  run: () => loop.run(),
  'run, an epoll': () => {
    watchMany(20);
    loop.run();
  },
  mainLoopWait: () => {
    for (;;) loop.mainLoopWait(false);
  },
  poll: () => pollForever(loop.iohandler),
  'poll, an epoll': () => {
    // Its monitor is poll at first.
    loop.iohandler.notify();
    loop.iohandler.poll(true);
    watchMany(80);
    pollForever(loop.iohandler);
  },
  'poll, an epoll of QEMU 11': () => {
    const context = new AioContext({ host, qemu: '11' });
    for (let i = 0; i < 80; i++) {
      context.setFdHandler(host.eventfd(0, O_CLOEXEC), { ioRead: () => {} });
    }
    pollForever(context);
  },
  'poll, io_uring': () => {
    const uring = { fdmon: 'io_uring', qemu: '11' } as const;
    const context = new AioContext({ host, ...(hasUring() ? uring : {}) });
    pollForever(context);
  },
  'mainLoopWait in runAsync': () => inRunAsync(() => loop.mainLoopWait(false)),
  'run in runAsync': () => inRunAsync(() => loop.run()),
  'run in runAsync, an epoll': () => {
    watchMany(20);
    inRunAsync(() => loop.run());
  },
  'run in runAsync, again': () => {
    afterRunAsync(() => {
      loop.timers.newTimer(0, 't', () => {}).modIn(5);
      loop.mainLoopWait(false);
      // Now Node waits for the loop, as before.
      setTimeout(() => loop.context.scheduleOneshot('b', () => sayAnd(() => loop.run())), 5);
    });
  },
  'poll in runAsync': () => inRunAsync(() => loop.iohandler.poll(true)),
  "another loop's run in runAsync": () => inRunAsync(() => new MainLoop({ host }).run()),
  'runAsync, then run': () => {
    loop.context.scheduleOneshot('quit', () => loop.quit());
    void loop.runAsync().then(() => loop.run());
  },
  'mainLoopWait, then runAsync': () => {
    loop.context.scheduleOneshot('busy', () => {});
    loop.mainLoopWait(false);
    void loop.runAsync();
    setTimeout(() => parentPort!.postMessage(loop.iterations), 100);
  },
};

/** Calls it from a bottom half, once Node has waited for the loop. */
function afterRunAsync(call: () => void): void {
  void loop.runAsync();
  setTimeout(() => loop.context.scheduleOneshot('b', call), 5);
}

const inRunAsync = (call: () => void): void => afterRunAsync(() => sayAnd(call));

function hasUring(): boolean {
  const ring = host.openPollRing(1);
  if (typeof ring === 'number') return false;
  ring.close();
  return true;
}

function sayAnd(sleep: () => void): void {
  parentPort!.postMessage(host.gettid());
  sleep();
}

function sleeps(): void {
  const { way } = workerData;
  if (way.includes('in runAsync')) SLEEPS[way]!();
  else sayAnd(SLEEPS[way]!);
}

const work = test.endsWith('InLoop') ? sleeps : inWorker;
void (isMainThread ? TESTS[test]!() : work());
