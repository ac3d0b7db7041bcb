import { describe, expect, it } from 'vitest';
import { SIGCHLD, SIGUSR1 } from '../../src/host/constants.ts';
import { ECHILD, EINTR, EPERM } from '../../src/host/errno.ts';
import type { SpawnRequest } from '../../src/host/host.ts';
import { FaultHost } from '../../src/host/lenses/faults.ts';
import { HostLens } from '../../src/host/lenses/lens.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import {
  type ChildEvent,
  type ChildRequest,
  ChildWatch,
  type ChildWatchOptions,
} from '../../src/signal/child-watch.ts';
import { type SigfdChoice, Signals } from '../../src/signal/signals.ts';
import { expectNoLeaks, held } from '../support/leaks.ts';

interface Parts extends ChildWatchOptions {
  readonly sim: SimHost;
  readonly loop: MainLoop;
  readonly watch: ChildWatch;
}

function withWatch(sigfd: SigfdChoice, body: (parts: Parts) => void): void {
  const sim = new SimHost();
  const before = held(sim);
  const loop = new MainLoop({ host: sim });
  const signals = new Signals(loop, { signals: [SIGCHLD], sigfd });
  const options = { loop, signals, times: loop.pollTimes };
  const watch = new ChildWatch(options);
  body({ ...options, sim, watch });
  for (const part of [watch, signals, loop]) part.dispose();
  expectNoLeaks(sim, before);
}

/** The registrations of a loop and its signals. A constructor that throws must not change them. */
function registered({ loop, signals }: ChildWatchOptions): unknown {
  const bottomHalves = [...loop.context.bottomHalves.entries()].map(({ name }) => name);
  const { handler, name } = signals.table.lookup(SIGCHLD);
  return { bottomHalves, handler, name, fds: (loop as MainLoop).watched.fds };
}

describe.each(['native', 'compat'] as const)('ChildWatch on sigfd %s', (sigfd) => {
  it('a second one on the same Signals is refused, until the first is disposed of', () => {
    withWatch(sigfd, (parts) => {
      const before = registered(parts);
      const { loop, signals } = parts;
      expect(() => new ChildWatch({ loop, signals })).toThrow(
        'ChildWatch: these Signals have one already: use that, or dispose of it before',
      );
      expect(registered(parts)).toEqual(before);
      parts.watch.dispose();
      new ChildWatch({ loop, signals }).dispose();
      // A second dispose does not affect the new one.
      parts.watch.dispose();
    });
  });

  it('children that ended before it are reaped where it adopts', () => {
    const sim = new SimHost();
    const pid = sim.spawn(sim.program({ then: { exit: 3 } }));
    sim.advance(1e6);
    const loop = new MainLoop({ host: sim });
    const signals = new Signals(loop, { signals: [SIGCHLD], sigfd });
    const ended: number[][] = [];
    const onOrphan = (event: ChildEvent): void => {
      ended.push([event.pid, event.status]);
    };
    const watch = new ChildWatch({ loop, signals, times: loop.pollTimes, adopts: true, onOrphan });
    for (let i = 0; i < 3 && ended.length === 0; i++) loop.mainLoopWait(true);
    expect(ended).toEqual([[pid, 3]]);
    for (const part of [watch, signals, loop]) part.dispose();
  });

  it('a wait that is refused is an error, not the end of all children', () => {
    const sim = new SimHost();
    const refusing = new (class extends HostLens {
      override waitid(): number {
        return -EPERM;
      }
    })(sim);
    const loop = new MainLoop({ host: refusing });
    const signals = new Signals(loop, { signals: [SIGCHLD], sigfd });
    const watch = new ChildWatch({ loop, signals });
    expect(loop.pollTimes.wanted).toBe(1);
    watch.spawn(sim.program({ then: { exit: 0 } }), 'child');
    expect(() => {
      for (let i = 0; i < 5; i++) loop.mainLoopWait(false);
    }).toThrow('waitid: ');
    for (const part of [watch, signals, loop]) part.dispose();
  });

  it('Signals without SIGCHLD are refused', () => {
    const loop = new MainLoop({ host: new SimHost() });
    const signals = new Signals(loop, { signals: [SIGUSR1], sigfd });
    const parts = { loop, signals, times: loop.pollTimes };
    const before = registered(parts);
    expect(() => new ChildWatch(parts)).toThrow('these Signals have no SIGCHLD: make them with it');
    expect(registered(parts)).toEqual(before);
    expect(loop.pollTimes.wanted).toBe(0);
    signals.dispose();
    const late = () => new ChildWatch(parts);
    expect(late).toThrow('ChildWatch: the Signals are disposed');
    loop.dispose();
  });

  it('missing options are named, and nothing is registered', () => {
    withWatch(sigfd, ({ watch, loop, signals, times }) => {
      watch.dispose();
      const before = registered({ loop, signals, times });
      const make = (options: object | undefined) => () =>
        new ChildWatch(options as ChildWatchOptions);
      expect(make(undefined)).toThrow('options are undefined: expected an object with loop, sig');
      // They are the loop's own by default; a loop of another kind may have none.
      const { host, trace, context } = loop;
      const setFdHandler = loop.setFdHandler.bind(loop);
      const other = { host, trace, context, setFdHandler };
      expect(make({ loop: other, signals })).toThrow(
        "ChildWatch: option 'times' is undefined: expected the MainLoop's pollTimes",
      );
      expect(make({ loop, times })).toThrow("option 'signals' is undefined");
      expect(make({ signals: 3, times, loop })).toThrow("option 'signals' is 3");
      expect(registered({ loop, signals, times })).toEqual(before);
    });
  });

  it('watch refuses a pid that is not a child, or is watched already', () => {
    withWatch(sigfd, ({ watch, sim, loop }) => {
      const reaped = watch.spawn(sim.program({ afterNs: 1, then: { exit: 0 } }), 'reaped');
      while (watch.size > 0) loop.mainLoopWait(false);
      for (const pid of [reaped, sim.getpid(), 99_999, 0, -1, Number.NaN, 1.5, '7', undefined]) {
        const call = () => watch.watch(pid as number, 'none');
        expect(call, String(pid)).toThrow(expect.objectContaining({ errno: ECHILD }));
      }
      const pid = watch.spawn(sim.program({ afterNs: 1, then: { exit: 0 } }), 'ours');
      expect(() => watch.watch(pid, 'twice')).toThrow(`watch: child ${pid} is watched already`);
      expect(watch.pids()).toEqual([pid]);
      while (watch.size > 0) loop.mainLoopWait(false);
    });
  });

  it('after dispose spawn and watch are refused, and nothing is started', () => {
    withWatch(sigfd, ({ watch, sim, signals }) => {
      const request = sim.program({});
      const all = (): (() => void)[] => [
        () => watch.spawn(request, 'late'),
        () => watch.spawnAll([{ request, name: 'late' }]),
        () => watch.watch(2, 'late'),
      ];
      signals.dispose();
      for (const call of all())
        expect(call).toThrow(/^(spawn|spawnAll|watch): the Signals are dis/);
      watch.dispose();
      for (const call of all()) expect(call).toThrow(/: this ChildWatch is disposed$/);
      expect(sim.children()).toEqual([]);
    });
  });

  it('an invalid request is refused before anything is started', () => {
    withWatch(sigfd, ({ watch, sim }) => {
      const { file, argv } = sim.program({});
      const wrong: [object | undefined, string][] = [
        [undefined, 'spawn: the request is undefined: expected { file, argv }'],
        [{ argv }, 'spawn: file is undefined: expected a path'],
        [{ file }, `spawn: argv of ${file} is undefined: expected an array of strings`],
        [{ file, argv: [1] }, `spawn: argv of ${file} is not all strings`],
        [{ file, argv, env: { A: 5 } }, `A in env of ${file} is 5: expected a string`],
        [{ file, argv, fds: 3 }, `spawn: fds of ${file} is 3: expected an array`],
        [{ file, argv, keepFds: '3' }, `spawn: keepFds of ${file} is '3': expected an array`],
        [{ file, argv, fds: [0, 1n] }, `spawn: fds of ${file} has 1n: expected descriptors`],
        [{ file, argv, keepFds: [Number.NaN] }, `spawn: keepFds of ${file} has NaN: expected`],
        [{ file, argv, pgroup: Number.NaN }, `spawn: pgroup of ${file} is NaN: expected an int`],
        [{ file, argv, foregroundTty: '0' }, `spawn: foregroundTty of ${file} is '0': expected`],
        [{ file, argv, cwd: 3 }, `spawn: cwd of ${file} is 3: expected a path`],
      ];
      for (const [request, message] of wrong) {
        const child = { request: request as SpawnRequest, name: 'wrong' };
        expect(() => watch.spawn(child.request, 'wrong')).toThrow(message);
        const good = { request: { file, argv }, name: 'good' };
        expect(() => watch.spawnAll([good, child])).toThrow(message);
      }
      const all = (children: unknown) => () => watch.spawnAll(children as ChildRequest[]);
      expect(all(undefined)).toThrow('spawnAll: the children are undefined: expected an array of');
      expect(all([undefined])).toThrow('spawn: the request is undefined');
      const onEnd = 'f' as unknown as () => void;
      expect(() => watch.spawn({ file, argv }, 'good', { onEnd })).toThrow(
        "ChildWatch: onEnd is 'f': expected a function",
      );
      expect(sim.children()).toEqual([]);
    });
  });
});

it('a waitid that a signal interrupts is repeated', () => {
  const sim = new SimHost();
  const host = new FaultHost(sim);
  host.add([{ call: 'waitpid', error: EINTR, after: 0, times: 2 }]);
  host.active = true;
  const loop = new MainLoop({ host });
  const signals = new Signals(loop, { signals: [SIGCHLD], sigfd: 'native' });
  const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
  watch.spawn(sim.program({ afterNs: 1e6, then: { exit: 0 } }), 'one');
  while (watch.size > 0) loop.mainLoopWait(false);
  expect(watch.reaped).toBe(1);
  expect(host.acted).toEqual([true]);
  for (const part of [watch, signals, loop]) part.dispose();
});
