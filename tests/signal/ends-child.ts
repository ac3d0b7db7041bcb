/** Run alone by ends.test.ts: ends in the way, and under the mode, of its arguments. */

import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { SIGCHLD, SIGRTMIN, SIGTERM, SIGUSR2 } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { type SigfdChoice, Signals } from '../../src/signal/signals.ts';

const [how, mode] = process.argv.slice(2) as [string, SigfdChoice];
const host = new LinuxHost();

function make(): { loop: MainLoop; signals: Signals } {
  const loop = new MainLoop({ host });
  const signals = new Signals(loop, {
    signals: [SIGTERM, SIGUSR2, SIGCHLD, SIGRTMIN],
    sigfd: mode,
  });
  return { loop, signals };
}

/** Signals by the hundred and a child, read or not, and whether or not all is put back. */
function work(read: boolean, dispose: boolean): void {
  const { loop, signals } = make();
  let [calls, ended] = [0, false];
  for (const signo of [SIGUSR2, SIGRTMIN]) signals.sigaction(signo, { handler: () => calls++ });
  const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
  watch.spawn({ file: 'true', argv: ['true'] }, 'one', { onEnd: () => (ended = true) });
  while (!ended) loop.mainLoopWait(false);
  for (let i = 0; i < 300; i++) host.raise(i % 2 === 0 ? SIGUSR2 : SIGRTMIN);
  while (read && calls < 151) loop.mainLoopWait(false);
  console.log(read ? `${calls} calls` : 'not read');
  if (!dispose) return;
  watch.dispose();
  signals.dispose();
  loop.close();
}

const ways: Record<string, () => void> = {
  'all put back': () => work(true, true),
  'nothing put back': () => work(true, false),
  'not read, put back': () => work(false, true),
  'not read, nothing put back': () => work(false, false),
  default: () => {
    const { loop, signals } = make();
    signals.sigaction(SIGTERM, { handler: 'default' });
    host.kill(host.getpid(), SIGTERM);
    while (signals.counts.dropped === 0) loop.mainLoopWait(false);
    console.log('dropped');
  },
  worker: () => {
    if (!isMainThread) return work(true, true);
    new Worker(process.argv[1]!, { argv: [how, mode] });
  },
  // Its loop sleeps, and hears of nothing that Node could tell it.
  'worker that is woken': () => {
    if (isMainThread) {
      const worker = new Worker(process.argv[1]!, { argv: [how, mode] });
      worker.once('message', (fd: number) => {
        const one = host.alloc(8);
        one.i32[0] = 1;
        host.write(fd, one, 0, 8);
      });
      worker.once('exit', () => console.log(`blocked: ${host.blockedSignals()}`));
      return;
    }
    const { loop, signals } = make();
    const notifier = new EventNotifier(host);
    loop.iohandler.setEventNotifier(notifier, { ioRead: () => loop.quit() });
    parentPort!.postMessage(notifier.fd);
    loop.run();
    for (const part of [signals, loop, notifier]) part.dispose();
  },
};
ways[how]!();
