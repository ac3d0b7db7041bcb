import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../../src/aio/aio-context.ts';
import { F_DUPFD, O_CREAT, O_RDWR } from '../../../src/host/constants.ts';
import { Tracer } from '../../../src/trace/tracer.ts';
import { hosts, onSim, type Rig, rigged } from '../../support/rig.ts';
import { attach } from '../../support/sinks.ts';

const MS = 1_000_000;
const FILE = '/tmp/a-file';

/** Watches n eventfds that nobody makes readable. */
function idle(rig: Rig, ctx: AioContext, n: number): number[] {
  return Array.from({ length: n }, () => logged(rig, ctx, 'idle'));
}

function logged(rig: Rig, ctx: AioContext, name: string, fd = rig.eventfd()): number {
  const ioRead = (): void => {
    rig.log.push(name);
    rig.drain(fd);
  };
  ctx.setFdHandler(fd, { ioRead, name });
  return fd;
}

describe.each(hosts)('fd monitors on %s', (_kind, make) => {
  it(
    'use poll up to 63 fds with the notifier’s, epoll from 64 on, and then stay on epoll',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fds = idle(rig, ctx, 62);
      ctx.poll(false);
      expect(ctx.fdmon).toBe('poll');
      fds.push(...idle(rig, ctx, 1));
      ctx.poll(false);
      expect(ctx.fdmon).toBe('epoll');
      for (const fd of fds) ctx.setFdHandler(fd, null);
      const last = logged(rig, ctx, 'last');
      ctx.poll(false);
      expect(ctx.fdmon).toBe('epoll');
      rig.kick(last);
      ctx.poll(false);
      expect(rig.log).toEqual(['last']);
    }),
  );

  it(
    'use poll for ever if poll was chosen, and epoll from one fd on if epoll was',
    rigged(make, (rig) => {
      const poll = rig.context({ fdmon: 'poll' });
      idle(rig, poll, 100);
      poll.poll(false);
      expect(poll.fdmon).toBe('poll');
      const epoll = rig.context({ fdmon: 'epoll' });
      idle(rig, epoll, 1);
      epoll.poll(false);
      expect(epoll.fdmon).toBe('epoll');
    }),
  );

  it(
    'do not change to epoll while external handlers are held back',
    rigged(make, (rig) => {
      const ctx = rig.context();
      idle(rig, ctx, 70);
      ctx.disableExternal();
      ctx.poll(false);
      expect(ctx.fdmon).toBe('poll');
      ctx.enableExternal();
      ctx.poll(false);
      expect(ctx.fdmon).toBe('epoll');
    }),
  );

  it(
    'epoll holds back external handlers by waiting with poll',
    rigged(make, (rig) => {
      const ctx = rig.context({ fdmon: 'epoll' });
      idle(rig, ctx, 20);
      const ext = rig.eventfd();
      const ioRead = (): void => void rig.log.push(`ext ${rig.drain(ext)}`);
      ctx.setFdHandler(ext, { ioRead, isExternal: true });
      const int = logged(rig, ctx, 'int');
      ctx.poll(false);
      rig.kick(ext);
      rig.kick(int);
      ctx.disableExternal();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['int']);
      ctx.enableExternal();
      ctx.poll(false);
      expect(rig.log).toEqual(['ext 8']);
    }),
  );

  it(
    'the round of the change calls in order of registration, later ones in order of the ready list',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => logged(rig, ctx, name));
      idle(rig, ctx, 70);
      for (const fd of [b!, a!, c!]) rig.kick(fd);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a', 'b', 'c']);
      ctx.poll(false);
      for (const fd of [b!, a!, c!]) rig.kick(fd);
      ctx.poll(false);
      expect(rig.log).toEqual(['c', 'a', 'b']);
    }),
  );

  it(
    'one round of epoll takes 128 events, the next the rest',
    rigged(make, (rig) => {
      const ctx = rig.context();
      for (const fd of idle(rig, ctx, 200)) rig.kick(fd);
      const counts = [1, 2, 3].map(() => {
        ctx.poll(false);
        return rig.taken().length;
      });
      expect(counts).toEqual([128, 72, 0]);
    }),
  );

  it(
    'an fd closed before its handler is removed sends it back to poll for good',
    rigged(make, (rig) => {
      const ctx = rig.context();
      idle(rig, ctx, 70);
      const [x, y] = [logged(rig, ctx, 'x'), logged(rig, ctx, 'y')];
      ctx.poll(false);
      rig.close(x);
      expect(ctx.fdmon).toBe('epoll');
      ctx.setFdHandler(x, null);
      expect(ctx.fdmon).toBe('poll');
      ctx.poll(false);
      expect(ctx.fdmon).toBe('poll');
      rig.kick(y);
      ctx.poll(false);
      expect(rig.log).toEqual(['y']);
    }),
  );

  it(
    'an fd that is closed and reopened reports no event of its former life',
    rigged(make, (rig) => {
      const ctx = rig.context({ fdmon: 'epoll' });
      idle(rig, ctx, 20);
      const old = logged(rig, ctx, 'old');
      ctx.poll(false);
      rig.own(rig.host.fcntl(old, F_DUPFD, 0));
      rig.kick(old);
      rig.close(old);
      const young = rig.eventfd();
      expect(young).toBe(old);
      logged(rig, ctx, 'young', young);
      ctx.poll(false);
      expect(rig.taken()).toEqual([]);
      rig.kick(young);
      ctx.poll(false);
      expect(rig.log).toEqual(['young']);
    }),
  );

  it(
    'trace their changes',
    rigged(make, (rig) => {
      const trace = new Tracer();
      attach(trace, ['fdmon_switch'], (_id, _time, ctx, from, to) => {
        if (from !== to) rig.log.push(`${ctx} ${from} ${to}`);
      });
      const ctx = rig.context({ trace, name: 'io0' });
      idle(rig, ctx, 63);
      ctx.poll(false);
      expect(rig.log.at(-1)).toBe('io0 poll epoll');
    }),
  );
});

describe('files that epoll refuses', () => {
  it(
    'with a regular file the context stays on poll, which finds it ready',
    onSim((rig) => {
      const ctx = rig.context();
      const fds = idle(rig, ctx, 70);
      ctx.poll(false);
      expect(ctx.fdmon).toBe('epoll');
      const file = rig.own(rig.host.open(FILE, O_CREAT | O_RDWR, 0o600));
      ctx.setFdHandler(file, { ioRead: () => rig.log.push('file') });
      expect(ctx.fdmon).toBe('poll');
      expect(ctx.poll(false)).toBe(true);
      expect(rig.taken()).toEqual(['file']);
      ctx.setFdHandler(file, null);
      rig.kick(fds[0]!);
      ctx.poll(false);
      expect(ctx.fdmon).toBe('poll');
      expect(rig.log).toEqual(['idle']);
    }),
  );

  it(
    'with a regular file from the start the upgrade fails, and leaks nothing',
    onSim((rig) => {
      const ctx = rig.context();
      const file = rig.own(rig.host.open(FILE, O_CREAT | O_RDWR, 0o600));
      ctx.setFdHandler(file, { ioRead: () => rig.log.push('file') });
      idle(rig, ctx, 70);
      expect([ctx.poll(false), ctx.poll(false)]).toEqual([true, true]);
      expect(ctx.fdmon).toBe('poll');
      expect(rig.log).toEqual(['file', 'file']);
    }),
  );
});

describe('a regular file among a few fds', () => {
  it(
    'is ready each time, and the others are called too',
    onSim((rig) => {
      const ctx = rig.context();
      const fds = idle(rig, ctx, 20);
      ctx.poll(false);
      const file = rig.own(rig.host.open(FILE, O_CREAT | O_RDWR, 0o600));
      ctx.setFdHandler(file, { ioRead: () => rig.log.push('file') });
      ctx.poll(false);
      rig.kick(fds[3]!);
      ctx.poll(false);
      expect(rig.log).toEqual(['file', 'idle', 'file']);
    }),
  );
});

describe('an fd that is closed while it is watched', () => {
  it(
    'makes poll spin without a call, and epoll sleep',
    onSim((rig) => {
      for (const n of [1, 20, 70]) {
        const ctx = rig.context();
        idle(rig, ctx, n);
        const x = logged(rig, ctx, 'x');
        ctx.poll(false);
        ctx.timers.newTimer(0, 'guard', () => {}).modFromNowNs(30 * MS);
        ctx.poll(false);
        rig.close(x);
        const startNs = rig.host.nowNs;
        expect(ctx.poll(true)).toBe(n === 70);
        expect(rig.host.nowNs - startNs > 25 * MS).toBe(n === 70);
        ctx.setFdHandler(x, null);
      }
      expect(rig.log).toEqual([]);
    }),
  );
});
