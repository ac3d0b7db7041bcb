/** The parts of a run that belong to it as a whole, and those of one of its threads. */

import { expect, it } from 'vitest';
import { type RunOptions, runScenario } from '../../src/scenario/run/run.ts';
import { SimWorld } from '../../src/scenario/run/sim-world.ts';
import { scenarioDir, scenarioIn, scenarioOf } from './files.ts';

const TEXT = `name: two contexts
bottom_halves: {a: {}, b: {context: iohandler}}
notifiers: {n: {context: iohandler}}
steps: [settle, {schedule: a}, {schedule: b}, {set: n}, step]
expect: {order: [a, b, n, mlw]}
`;

type Machine = Parameters<NonNullable<RunOptions['onMachine']>>[0];

/** Looks at a machine before its objects are made, and when its run is over. */
function look(
  atStart: (machine: Machine) => void,
  atEnd: (machine: Machine) => void,
  text = TEXT,
): void {
  let machine: Machine;
  runScenario(scenarioOf(text), (seed) => new SimWorld(seed), {
    onMachine: (made) => {
      machine = made;
      atStart(made);
    },
    onEnd: () => atEnd(machine),
  });
}

it('finds a context, and the thread it belongs to, by its name', () => {
  look(
    (machine) => {
      const { main } = machine;
      expect(machine.lanes).toEqual([main]);
      for (const name of ['main', 'iohandler']) expect(machine.laneOf(name)).toBe(main);
      expect(machine.context('main')).toBe(main.loop.context);
      expect(machine.context('iohandler')).toBe(main.loop.iohandler);
      expect(() => machine.context('io0')).toThrow("no thread has a context 'io0'");
    },
    () => {},
  );
});

it('makes each object in the thread of its context', () => {
  look(
    ({ main }) => {
      expect(() => main.object('bottomHalves', 'b')).toThrow("thread main has no 'b'");
    },
    ({ main }) => {
      expect([...main.objects.bottomHalves.keys()]).toEqual(['a', 'b']);
      expect(main.object('notifiers', 'n').flagged).toBe(false);
      expect(main.callbacks.get('b')!.map(({ calls }) => calls)).toEqual([1]);
    },
  );
});

it('logs in one order log, with the iteration of the thread that logs', () => {
  look(
    () => {},
    ({ log, main }) => {
      const logged = log.entries.map(({ text, iteration }) => `${iteration} ${text}`);
      expect(main.iteration).toBe(4);
      expect(logged).toEqual(['4 a', '4 b', '4 n', '4 mlw']);
      main.loop.iterations = 9;
      main.log.add('more');
      expect(log.entries.at(-1)).toMatchObject({ text: 'more', iteration: 9 });
    },
  );
});

it('counts the aio_polls of the steps as iterations if these drive the loop', () => {
  const text = 'name: polls\ndrive: aio_poll\nsteps: [poll, {log: a}, poll, {log: b}]\n';
  look(
    () => {},
    ({ log, main }) => {
      const logged = log.entries.map(({ text, iteration }) => `${iteration} ${text}`);
      expect(logged).toEqual(['1 poll=0', '1 a', '2 poll=0', '2 b']);
      expect(main.iteration).toBe(2);
    },
    text,
  );
});

it('takes time for each io_poll on the simulated host', () => {
  let polls = 0;
  let stepped = 0;
  class CountedWorld extends SimWorld {
    override ioPoll(): void {
      const beforeNs = this.nowNs();
      super.ioPoll();
      polls++;
      if (this.nowNs() > beforeNs) stepped++;
    }
  }
  let busy = 0;
  const scenario = scenarioIn(scenarioDir('scenarios'), 'adaptive-polling.yaml');
  const { order } = runScenario(scenario, (seed) => new CountedWorld(seed), {
    whileBusy: () => busy++,
  });
  // The log leaves out an io_poll of n that repeats its result, and all of the context's own.
  const logged = order.filter(({ text }) => text.startsWith('n.poll=')).length;
  expect(polls).toBeGreaterThan(logged);
  expect(stepped).toBe(polls);
  expect(busy).toBeGreaterThan(polls);
});

it('runs the loop until an attached source has run', () => {
  const text = 'name: source\nsources: {s: {kind: timeout, after: 5ms}}\nsteps: [run]\n';
  const { order } = runScenario(scenarioOf(text), (seed) => new SimWorld(seed));
  expect(order.map((entry) => entry.text)).toEqual(['s']);
});
