// children-ours COUNT AT_ONCE: starts and reaps /bin/true, prints ns per child.
import {
  ChildWatch,
  CLOCK_MONOTONIC,
  HostError,
  LinuxHost,
  MainLoop,
  SIGCHLD,
  Signals,
} from '../src/index.ts';

const count = Number(process.argv[2]);
const atOnce = Number(process.argv[3]);
const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });

function run(total: number): void {
  let reaped = 0;
  const batch = (): void => {
    const pids = watch.spawnAll(Array.from({ length: atOnce }, () => child));
    const failed = pids.find((pid) => pid < 0);
    if (failed !== undefined) throw new HostError(failed, 'spawn /bin/true');
  };
  const onEnd = (): void => {
    reaped++;
    if (reaped >= total && watch.size === 0) loop.quit();
    else if (watch.size === 0) batch();
  };
  const child = {
    request: { file: '/bin/true', argv: ['true'] },
    name: 'true',
    callbacks: { onEnd },
  };
  batch();
  loop.run();
}

// Runs the first few hundred outside of the measurement, since V8 interprets them.
run(Math.ceil(count / 4));
const start = host.clockNs(CLOCK_MONOTONIC);
run(count);
process.stdout.write(`${(host.clockNs(CLOCK_MONOTONIC) - start) / count}\n`);
watch.dispose();
signals.dispose();
loop.close();
