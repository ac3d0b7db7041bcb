// death-ours DYING COUNT WARM_UP: prints the time from a child's death to its onEnd, ns, one per line, after WARM_UP
// children that do not count.
import {
  ChildWatch,
  CLOCK_MONOTONIC,
  LinuxHost,
  MainLoop,
  O_CLOEXEC,
  SIGCHLD,
  Signals,
} from '../src/index.ts';

const TWO_32 = 4294967296;

const [dying, count, warmUp] = process.argv.slice(2) as [string, string, string];
const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGCHLD] });
const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
const ends: number[] = [-1, -1];
host.pipe2(ends, O_CLOEXEC);
const died = host.alloc(8);
const lines: number[] = [];

function diedNs(): number {
  if (host.read(ends[0]!, died, 0, 8) !== 8) throw new Error('the child did not say when it died');
  return died.i32[1]! * TWO_32 + (died.i32[0]! >>> 0);
}

function next(): void {
  const request = { file: dying, argv: ['dying', '1000'], fds: [0, 1, 2, ends[1]!] };
  watch.spawn(request, 'dying', {
    onEnd: () => {
      const reapedNs = host.clockNs(CLOCK_MONOTONIC);
      lines.push(reapedNs - diedNs());
      if (lines.length < Number(count) + Number(warmUp)) next();
      else loop.quit();
    },
  });
}

next();
loop.run();
process.stdout.write(`${lines.slice(Number(warmUp)).join('\n')}\n`);
watch.dispose();
signals.dispose();
loop.close();
