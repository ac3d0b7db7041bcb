import { describe, expect, it } from 'vitest';
import {
  P_ALL,
  SIGCHLD,
  SIGKILL,
  SIGRTMIN,
  SIGTERM,
  SIGUSR1,
  WEXITED,
} from '../../src/host/constants.ts';
import { ENOSYS, HostError } from '../../src/host/errno.ts';
import { newWaitResult } from '../../src/host/host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { type SigfdChoice, Signals, type SignalsOptions } from '../../src/signal/signals.ts';
import { expectNoLeaks, held } from '../support/leaks.ts';

function withSignals(
  host: SimHost,
  sigfd: SigfdChoice,
  body: (l: MainLoop, s: Signals) => void,
): void {
  const before = held(host);
  const loop = new MainLoop({ host });
  const signals = new Signals(loop, { signals: [SIGUSR1, SIGTERM, SIGCHLD, SIGRTMIN], sigfd });
  body(loop, signals);
  signals.dispose();
  loop.close();
  expectNoLeaks(host, before);
}

describe.each(['native', 'compat'] as const)('sigfd %s on the simulated host', (sigfd) => {
  it('signals reach their handlers, and real-time ones do not coalesce', () => {
    const host = new SimHost();
    withSignals(host, sigfd, (loop, signals) => {
      const list: number[] = [];
      for (const signo of [SIGUSR1, SIGTERM, SIGRTMIN]) {
        signals.sigaction(signo, { handler: (n) => list.push(n) });
      }
      host.at(host.nowNs + 1000, () => {
        for (const signo of [SIGRTMIN, SIGTERM, SIGUSR1, SIGRTMIN, SIGTERM]) host.raise(signo);
      });
      while (list.length < 4) loop.mainLoopWait(false);
      expect(list).toEqual([SIGUSR1, SIGTERM, SIGRTMIN, SIGRTMIN]);
    });
  });

  it('100 children that end at once, and one that is killed, are all reaped', () => {
    const host = new SimHost();
    withSignals(host, sigfd, (loop, signals) => {
      const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
      const ends: number[] = [];
      for (let i = 0; i < 100; i++) {
        watch.spawn(host.program({ afterNs: 1e6, then: { exit: i } }), `${i}`, {
          onEnd: ({ status }) => ends.push(status),
        });
      }
      const endless = watch.spawn(host.program({}), 'endless', {
        onEnd: ({ status }) => ends.push(status + 1000),
      });
      host.advance(2e6);
      host.at(host.nowNs + 5e6, () => host.kill(endless, SIGKILL));
      while (watch.size > 0) loop.mainLoopWait(false);
      expect(ends.sort((a, b) => a - b)).toEqual([
        ...Array.from({ length: 100 }, (_, i) => i),
        1000 + SIGKILL,
      ]);
      expect(watch.sigchlds).toBe(2);
      watch.dispose();
    });
  });
});

describe('reaping several at once', () => {
  it('continues after a callback that throws', () => {
    const host = new SimHost();
    withSignals(host, 'native', (loop, signals) => {
      const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
      const ended: string[] = [];
      for (const name of ['a', 'b', 'c']) {
        watch.spawn(host.program({ afterNs: 1e6, then: { exit: 0 } }), name, {
          onEnd: () => {
            ended.push(name);
            if (name === 'a') throw new Error('no more');
          },
        });
      }
      const untilEnded = (): void => {
        while (watch.size > 0) loop.mainLoopWait(false);
      };
      expect(untilEnded).toThrow('no more');
      untilEnded();
      expect(ended).toEqual(['a', 'b', 'c']);
      watch.dispose();
    });
  });

  it.each([
    ['of a subreaper', true],
    ["behind somebody else's", false],
  ])('ends where a callback disposes of the watch: those %s are left', (_whose, adopts) => {
    const host = new SimHost();
    withSignals(host, 'native', (loop, signals) => {
      const told: string[] = [];
      const end = { afterNs: 1e6, then: { exit: 0 } };
      const onOrphan = (): void => void told.push('orphan');
      const watch = new ChildWatch({ loop, signals, times: loop.pollTimes, adopts, onOrphan });
      if (!adopts) host.spawn(host.program(end));
      for (const name of ['a', 'b', 'c']) {
        watch.spawn(host.program(end), name, {
          onEnd: () => {
            told.push(name);
            watch.dispose();
          },
        });
      }
      for (let i = 0; i < 4; i++) loop.mainLoopWait(i > 1);
      expect(told).toEqual(['a']);
      expect(host.children()).toHaveLength(adopts ? 2 : 3);
      while (host.waitid(P_ALL, 0, WEXITED, newWaitResult()) === 0);
    });
  });

  it('loses no child if the trace throws', () => {
    const host = new SimHost();
    withSignals(host, 'native', (loop, signals) => {
      const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
      const attached = loop.trace.attach(['child_spawn'], () => {
        throw new Error('full');
      });
      const child = { request: host.program({ afterNs: 1e6, then: { exit: 0 } }), name: 'x' };
      expect(() => watch.spawnAll([child, child])).toThrow('full');
      attached.dispose();
      expect(watch.pids()).toEqual(host.children());
      while (watch.size > 0) loop.mainLoopWait(false);
      watch.dispose();
    });
  });

  it("knows the time of death of the child that SIGCHLD names, and a bound of the others'", () => {
    const host = new SimHost();
    withSignals(host, 'native', (loop, signals) => {
      const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
      const bounds: [string, boolean][] = [];
      const start = (name: string, afterNs: number): void => {
        watch.spawn(host.program({ afterNs, then: { exit: 0 } }), name, {
          onEnd: ({ latencyIsBound }) => bounds.push([name, latencyIsBound]),
        });
      };
      start('later', 5e6 + 2);
      start('first', 5e6);
      while (watch.size > 0) loop.mainLoopWait(false);
      expect(bounds).toContainEqual(['first', false]);
      expect(bounds).toContainEqual(['later', true]);
      watch.dispose();
    });
  });
});

describe('the choice of sigfd', () => {
  class Unmaskable extends SimHost {
    override blockSignals(): number {
      return -ENOSYS;
    }
  }

  it('auto is native if threads can be masked', () => {
    withSignals(new SimHost(), 'auto', (_, signals) => expect(signals.sigfd).toBe('native'));
  });

  it('native fails if they cannot, and leaves nothing', () => {
    const host = new Unmaskable();
    const loop = new MainLoop({ host });
    const before = held(host);
    expect(() => new Signals(loop, { signals: [SIGUSR1], sigfd: 'native' })).toThrow(HostError);
    expectNoLeaks(host, before);
    loop.close();
  });

  it('missing and invalid options are named, and nothing is left', () => {
    const host = new SimHost();
    const before = held(host);
    const loop = new MainLoop({ host });
    const open = held(host);
    const make = (on: unknown, options: unknown) => () =>
      new Signals(on as MainLoop, options as SignalsOptions);
    const wrong: [() => Signals, string][] = [
      [
        make(undefined, { signals: [] }),
        "Signals: option 'loop' is undefined: expected a MainLoop",
      ],
      [make(loop, undefined), 'Signals: options are undefined: expected an object with signals'],
      [make(loop, {}), "Signals: option 'signals' is undefined: expected an array of signal num"],
      [make(loop, { signals: SIGUSR1 }), "Signals: option 'signals' is 10"],
      [make(loop, { signals: {} }), "Signals: option 'signals' is an object"],
      [
        make(loop, { signals: [SIGUSR1], sigfd: 'bogus' }),
        "Signals: option 'sigfd' is 'bogus': expected auto, native or compat",
      ],
      [
        make(loop, { signals: [], onProblem: 3 }),
        "Signals: option 'onProblem' is 3: expected a function",
      ],
    ];
    for (const [call, message] of wrong) expect(call).toThrow(message);
    expectNoLeaks(host, open);
    loop.dispose();
    expect(make(loop, { signals: [SIGUSR1] })).toThrow('Signals: the loop is closed');
    expectNoLeaks(host, before);
  });

  it('auto is compat then; if that is impossible too, the error says so', () => {
    class Neither extends Unmaskable {
      override openSignalPipe(): number {
        return -ENOSYS;
      }
    }
    const host = new Neither();
    const loop = new MainLoop({ host });
    const before = held(host);
    expect(() => new Signals(loop, { signals: [SIGUSR1] })).toThrow(
      'catching signals without a mask: Function not implemented (ENOSYS)',
    );
    expectNoLeaks(host, before);
    loop.close();
  });

  it('auto is compat too where blocked signals do not stay so, as under Bun; native can be asked for', () => {
    class Unmasking extends SimHost {
      override readonly keepsBlocked = false;
    }
    const host = new Unmasking();
    const loop = new MainLoop({ host });
    const sources = [undefined, 'native'].map((sigfd) => {
      const signals = new Signals(loop, { signals: [SIGUSR1], sigfd: sigfd as SigfdChoice });
      const { refused } = signals;
      signals.dispose();
      return [signals.sigfd, refused?.message];
    });
    expect(sources).toEqual([
      ['compat', 'blocking signals while Bun waits: Operation not supported (EOPNOTSUPP)'],
      ['native', undefined],
    ]);
    loop.close();
  });
});
