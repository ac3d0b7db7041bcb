/** A process of its own, which shows uncaught errors, contexts, and when the process ends. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
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
    const server = createServer((_request, response) => {
      loop.context.scheduleOneshot('answers', () => response.end('hello'));
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const over = loop.runAsync();
    const { port } = server.address() as AddressInfo;
    say(await (await fetch(`http://127.0.0.1:${port}`)).text());
    say((await promisify(execFile)('echo', ['execFile'])).stdout.trim());
    say(execFileSync('echo', ['execFileSync']).toString().trim());
    server.close();
    server.closeAllConnections();
    loop.quit();
    await over;
    say('over');
  },
};

void TESTS[test]!();
