/** A kernel that refuses to wait or read: the loop finds another way or throws; it never spins. */

import { describe, expect, it } from 'vitest';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { SIGCHLD, SIGUSR2 } from '../../src/host/constants.ts';
import { EIO, ENOMEM, EPERM, HostError } from '../../src/host/errno.ts';
import type { HostBuffer, WaitResult } from '../../src/host/host.ts';
import { HostLens } from '../../src/host/lenses/lens.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { Signals } from '../../src/signal/signals.ts';
import { rigged } from '../support/rig.ts';

/** The failure of each call, as -errno. */
class Refusing extends HostLens {
  pollRet = 0;
  epollRet = 0;
  waitRet = 0;
  /** The descriptor whose reads fail. */
  deaf = -1;
  polls = 0;

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    this.polls++;
    return this.pollRet < 0 ? this.pollRet : super.poll(fds, nfds, timeoutNs);
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    return this.epollRet < 0 ? this.epollRet : super.epollWait(epfd, events, max, timeoutNs);
  }

  override waitid(idtype: number, id: number, options: number, out: WaitResult): number {
    return this.waitRet < 0 ? this.waitRet : super.waitid(idtype, id, options, out);
  }

  override read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    return fd === this.deaf ? -EIO : super.read(fd, buf, offset, count);
  }
}

const make = (): Refusing => new Refusing(new SimHost());

function refusal(run: () => void, most: number): unknown {
  for (let i = 0; i < most; i++) {
    try {
      run();
    } catch (error) {
      return error;
    }
  }
  return 'went on for ever';
}

describe('waits that fail', () => {
  it(
    'for ever: the main loop, and a context by itself, throw',
    rigged(make, (rig) => {
      rig.host.pollRet = -ENOMEM;
      const loop = rig.loop();
      const error = refusal(() => loop.mainLoopWait(false), 5_000);
      expect(error).toMatchObject({ name: 'HostError', code: 'ENOMEM', syscall: 'poll' });
      const ctx = rig.context();
      expect(refusal(() => ctx.poll(true), 5_000)).toBeInstanceOf(HostError);
    }),
  );

  it(
    'now and then: the loop goes on',
    rigged(make, (rig) => {
      const loop = rig.loop();
      for (let i = 0; i < 5_000; i++) {
        rig.host.pollRet = i % 10 === 0 ? 0 : -ENOMEM;
        loop.mainLoopWait(true);
      }
      expect(rig.host.polls).toBeGreaterThanOrEqual(5_000);
    }),
  );

  it.each(['auto', 'epoll'] as const)(
    'epoll_wait that nobody may call: poll finds what is ready at once, by fdmon %s',
    (fdmon) => {
      rigged(make, (rig) => {
        rig.host.epollRet = -EPERM;
        const ctx = rig.context({ fdmon });
        const fds = Array.from({ length: 70 }, () => rig.eventfd());
        let calls = 0;
        for (const fd of fds) ctx.setFdHandler(fd, { ioRead: () => calls++ });
        rig.kick(fds[3]!);
        expect(ctx.poll(true)).toBe(true);
        expect(calls).toBe(1);
        expect(ctx.fdmon).toBe('poll');
      })();
    },
  );
});

describe('reads that fail', () => {
  it(
    'of an event notifier: the loop that would spin throws',
    rigged(make, (rig) => {
      const ctx = rig.context({ edges: false });
      const notifier = new EventNotifier(rig.host);
      rig.host.deaf = notifier.fd;
      ctx.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() });
      notifier.set();
      const error = refusal(() => ctx.poll(false), 5_000);
      expect(error).toMatchObject({ name: 'HostError', code: 'EIO' });
      notifier.dispose();
    }),
  );

  it(
    'of the sigfd: reported, and in the end thrown',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const reports: string[] = [];
      const signals = new Signals(loop, {
        signals: [SIGUSR2],
        onProblem: (message) => reports.push(message),
      });
      signals.sigaction(SIGUSR2, { handler: () => {} });
      rig.host.deaf = signals.source.fd;
      rig.host.raise(SIGUSR2);
      const error = refusal(() => loop.mainLoopWait(false), 5_000);
      expect(error).toMatchObject({ code: 'EIO', syscall: 'read from sigfd' });
      expect(reports[0]).toBe('read from sigfd failed: EIO');
      rig.host.deaf = -1;
      signals.dispose();
    }),
  );
});

describe('waitid that fails', () => {
  it('makes the loop throw: else a child that has ended would stay a zombie for ever', () => {
    const sim = new SimHost();
    const host = new Refusing(sim);
    const loop = new MainLoop({ host });
    const signals = new Signals(loop, { signals: [SIGCHLD] });
    const watch = new ChildWatch({ loop, signals, times: loop.pollTimes });
    let ended = 0;
    watch.spawn(sim.program({ then: { exit: 0 } }), 'child', { onEnd: () => ended++ });
    host.waitRet = -EPERM;
    const error = refusal(() => loop.mainLoopWait(false), 10);
    expect(error).toMatchObject({ code: 'EPERM', syscall: 'waitid' });
    host.waitRet = 0;
    loop.mainLoopWait(true);
    expect(ended).toBe(1);
    for (const part of [watch, signals, loop, host]) part.dispose();
  });
});
