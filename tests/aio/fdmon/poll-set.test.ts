import { describe, expect, it } from 'vitest';
import { EventNotifier } from '../../../src/aio/event-notifier.ts';
import type { Host, HostBuffer } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import { rigged } from '../../support/rig.ts';

/** Records the nfds of each poll, and lets a test act before one returns. */
class PollLog extends HostLens {
  readonly nfds: number[] = [];
  epollWaits = 0;
  beforeReturn: (() => void) | null = null;

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    this.nfds.push(nfds);
    const ret = super.poll(fds, nfds, timeoutNs);
    this.beforeReturn?.();
    this.beforeReturn = null;
    return ret;
  }

  override epollWait(epfd: number, events: HostBuffer, max: number, timeoutNs: number): number {
    this.epollWaits++;
    return super.epollWait(epfd, events, max, timeoutNs);
  }

  taken(): number[] {
    return this.nfds.splice(0);
  }
}

const logged: readonly (readonly [string, () => PollLog])[] = (
  [
    ['sim', () => new SimHost()],
    ['linux', () => new LinuxHost()],
  ] as [string, () => Host][]
).map(([kind, make]) => [kind, () => new PollLog(make())]);

describe.each(logged)('PollSet on %s', (_kind, make) => {
  it(
    "leaves out the context's own notifier while nobody has written it",
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd();
      ctx.setFdHandler(fd, { ioRead: () => rig.drain(fd) });
      rig.kick(fd);
      expect(ctx.poll(true)).toBe(true);
      expect(rig.host.taken()).toEqual([1]);
    }),
  );

  it(
    'includes the notifier once a wait has missed a write to it, until it is read',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd();
      ctx.setFdHandler(fd, { ioRead: () => rig.drain(fd) });
      ctx.poll(false);
      rig.host.taken();
      // Acts as another thread would, after the kernel has looked.
      rig.host.beforeReturn = () => ctx.notify();
      rig.kick(fd);
      expect(ctx.poll(true)).toBe(true);
      expect(ctx.sleeper.isQuiet).toBe(false);
      ctx.poll(false);
      expect(ctx.sleeper.isQuiet).toBe(true);
      ctx.poll(false);
      expect(rig.host.taken()).toEqual([1, 2, 1]);
    }),
  );

  it(
    'polls the notifier if the context has nothing else',
    rigged(make, (rig) => {
      const ctx = rig.context();
      ctx.poll(false);
      ctx.notify();
      ctx.poll(false);
      for (const nfds of rig.host.taken()) expect(nfds).toBe(1);
    }),
  );

  it(
    'uses an epoll for a single event notifier, unless poll was chosen',
    rigged(make, (rig) => {
      for (const [fdmon, waits] of [
        ['auto', 1],
        ['poll', 0],
      ] as const) {
        const ctx = rig.context({ fdmon });
        const notifier = new EventNotifier(rig.host);
        ctx.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() });
        notifier.set();
        rig.host.epollWaits = 0;
        expect(ctx.poll(true)).toBe(true);
        expect(rig.host.epollWaits).toBe(waits);
        // fdmon says how it dispatches: QEMU would poll.
        expect(ctx.fdmon).toBe('poll');
        ctx.close();
        notifier.dispose();
      }
    }),
  );

  it(
    'an fd that is closed while it is watched, before the first wait, is POLLNVAL in that and in every later one',
    rigged(make, (rig) => {
      const loop = rig.loop();
      const notifier = new EventNotifier(rig.host);
      loop.context.setEventNotifier(notifier, { ioRead: () => {} });
      const fd = rig.eventfd(1);
      let calls = 0;
      loop.setFdHandler(fd, { ioRead: () => calls++ });
      rig.close(fd);
      // The epoll that the wait makes takes the number of the fd that it is to watch.
      for (let i = 0; i < 3; i++) expect(loop.mainLoopWait(true)).toBe(1);
      expect(calls).toBe(0);
      notifier.dispose();
    }),
  );
});
