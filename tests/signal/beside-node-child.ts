/** Run alone by beside-node.test.ts: Signals with SIGCHLD beside node:child_process, in one way of running. */

import { execSync, fork, spawn, spawnSync } from 'node:child_process';
import cluster from 'node:cluster';
import { SIGCHLD } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { Signals } from '../../src/signal/signals.ts';

const [test, way] = process.argv.slice(2) as [string, string];
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const host = new LinuxHost();
const loop = new MainLoop({ host });

/** Calls `begin` in the running loop; `loop.quit()` ends it. */
async function drive(begin: () => void): Promise<void> {
  loop.context.scheduleOneshot('begin', begin);
  if (way === 'run') loop.run();
  else if (way === 'runAsync') await loop.runAsync();
  else {
    await new Promise<void>((done) => {
      // From a promise it would be refused.
      setTimeout(() => {
        loop.run({ node: true });
        done();
      });
    });
  }
}

function native(): Signals {
  return new Signals(loop, { signals: [SIGCHLD], sigfd: 'native' });
}

function ours(watch: ChildWatch, command: string, onEnd: () => void): number {
  const argv = ['sh', '-c', command];
  const end = ({ status }: { status: number }): void => {
    say(`ours ${status}`);
    onEnd();
  };
  return watch.spawn({ file: '/bin/sh', argv }, 'ours', { onEnd: end });
}

function theirs(command: string, onExit: () => void): void {
  spawn('/bin/sh', ['-c', command]).on('exit', (code) => {
    say(`theirs ${code}`);
    onExit();
  });
}

const TESTS: Record<string, () => Promise<void>> = {
  async sync() {
    const signals = native();
    const watch = new ChildWatch({ loop, signals });
    await drive(() => {
      say(`execSync ${execSync('echo 1')}`.trim());
      say(`spawnSync ${spawnSync('/bin/sh', ['-c', 'exit 2']).status}`);
      // Ends while Node waits for its own.
      const pid = ours(watch, 'exit 3', () => loop.quit());
      const isDead = `grep -q "^State:.Z" /proc/${pid}/status`;
      say(`execSync ${execSync(`until ${isDead}; do :; done; echo 4`)}`.trim());
    });
    say(`handled ${host.blockedSignals().includes(SIGCHLD)}`);
    for (const part of [watch, signals]) part.dispose();
    say(`execSync ${execSync('echo 5')}`.trim());
  },

  async 'sync without a handler'() {
    const signals = native();
    await drive(() => {
      say(`execSync ${execSync('echo 1')}`.trim());
      loop.quit();
    });
    signals.dispose();
  },

  async 'sync outside of the loop'() {
    const signals = native();
    say(`execSync ${execSync('echo 1')}`.trim());
    signals.dispose();
  },

  async exit() {
    const signals = native();
    const watch = new ChildWatch({ loop, signals });
    await drive(() =>
      // Ours twice: once libuv's last child has ended, it takes its handler away.
      theirs('exit 1', () =>
        ours(watch, 'exit 2', () =>
          theirs('exit 3', () => ours(watch, 'exit 4', () => loop.quit())),
        ),
      ),
    );
    for (const part of [watch, signals]) part.dispose();
  },

  /** Node's loop stands still, so its 'exit' comes afterwards. */
  async 'exit after run'() {
    const signals = native();
    const watch = new ChildWatch({ loop, signals });
    await drive(() => {
      theirs('exit 1', () => {
        for (const part of [watch, signals]) part.dispose();
      });
      ours(watch, 'sleep 0.2; exit 2', () => loop.quit());
    });
    say('run is over');
  },

  /** Node's first child is there before the Signals, so their handler is put over libuv's. */
  async 'before the Signals'() {
    const child = spawn('/bin/sh', ['-c', 'read x; exit 1']);
    const signals = native();
    const watch = new ChildWatch({ loop, signals });
    child.on('exit', (code) => {
      say(`theirs ${code}`);
      ours(watch, 'exit 2', () => loop.quit());
    });
    await drive(() => {
      say(`execSync ${execSync('echo 0')}`.trim());
      child.stdin.end();
    });
    for (const part of [watch, signals]) part.dispose();
  },

  async fork() {
    const signals = native();
    const watch = new ChildWatch({ loop, signals });
    await drive(() => {
      const child = fork(process.argv[1]!, ['forked', way]);
      // Node may tell them in either order.
      let left = 2;
      const both = (): void => {
        if (--left === 0) ours(watch, 'exit 6', () => loop.quit());
      };
      child.on('message', (message) => {
        say(`message ${message}`);
        both();
      });
      child.on('exit', (code) => {
        say(`fork ${code}`);
        both();
      });
    });
    for (const part of [watch, signals]) part.dispose();
  },

  async forked() {
    process.send!('hello', () => process.exit(5));
  },

  async cluster() {
    if (!cluster.isPrimary) process.exit(4);
    const signals = native();
    await drive(() => {
      cluster.fork().on('exit', (code) => {
        say(`cluster ${code}`);
        loop.quit();
      });
    });
    signals.dispose();
  },
};

void TESTS[test]!().then(() => loop.close());
