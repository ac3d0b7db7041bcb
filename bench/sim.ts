import {
  AioContext,
  ChildWatch,
  EventNotifier,
  MainLoop,
  SIGCHLD,
  Signals,
  SimHost,
} from '../src/index.ts';
import { loadScenario, runScenario, SimWorld } from '../src/scenario/index.ts';
import { op } from './measure.ts';
import type { Row, Section } from './row.ts';

const CHILDREN = 100_000;
const ITERATIONS = 200_000;

/**
 * A scenario with a bottom half that schedules itself: the cost of one iteration in
 * `qemu-loop run`.
 */
const ENDLESS = `name: endless
drive: aio_poll
bottom_halves: {a: {do: [{schedule: a}]}}
steps: [{schedule: a}, {run: {iterations: ${ITERATIONS}}}]
`;

function bhPoll(): Row {
  const ctx = new AioContext({ host: new SimHost() });
  const bh = ctx.newBottomHalf('bench', () => {});
  return {
    name: 'qemu_bh_schedule + aio_poll',
    unit: 'per second',
    ours: op(() => {
      bh.schedule();
      ctx.poll(true);
    }),
    close: () => ctx.close(),
  };
}

function notifier(): Row {
  const host = new SimHost();
  const loop = new MainLoop({ host });
  const event = new EventNotifier(host);
  loop.setFdHandler(event.fd, { ioRead: () => void event.testAndClear() });
  return {
    name: 'event notifier set, main_loop_wait, handler',
    unit: 'per second',
    ours: op(() => {
      event.set();
      loop.mainLoopWait(false);
    }),
    close: () => loop.close(),
  };
}

function scenario(): Row {
  const { scenario: loaded, problems } = loadScenario(ENDLESS, 'bench.yaml');
  if (loaded === null) throw new Error(problems.map(String).join('\n'));
  return {
    name: 'an iteration of a scenario with one bottom half',
    unit: 'per second',
    ours: () => {
      const start = process.hrtime.bigint();
      const { status } = runScenario(loaded, (seed) => new SimWorld(seed), {});
      if (status !== 0) throw new Error(`the scenario ended with status ${status}`);
      return Number(process.hrtime.bigint() - start) / ITERATIONS;
    },
  };
}

function children(): Row {
  return {
    name: `a child started, ended and reaped, of ${CHILDREN.toLocaleString('en')} at once`,
    unit: 'per second',
    ours: () => {
      const host = new SimHost();
      const loop = new MainLoop({ host });
      const signals = new Signals(loop, { signals: [SIGCHLD] });
      const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
      const program = host.program({ afterNs: 1e6, then: { exit: 0 } });
      const start = process.hrtime.bigint();
      for (let i = 0; i < CHILDREN; i++) watch.spawn(program, 'child');
      while (watch.size > 0) loop.mainLoopWait(false);
      const ns = Number(process.hrtime.bigint() - start) / CHILDREN;
      watch.dispose();
      signals.dispose();
      loop.close();
      return ns;
    },
  };
}

export const sim: Section = {
  name: 'sim',
  about: 'the simulated kernel: real time for virtual work',
  rows: [bhPoll, notifier, scenario, children],
};
