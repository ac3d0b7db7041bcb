import { describe, expect, it } from 'vitest';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { F_GETFD, F_GETFL, FD_CLOEXEC, O_NONBLOCK } from '../../src/host/constants.ts';
import { EBADF, EINTR, EMFILE, ENOSYS } from '../../src/host/errno.ts';
import type { Host } from '../../src/host/host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { hosts, type Rig, rigged } from '../support/rig.ts';

const KINDS = [
  ['eventfd', false],
  ['pipe', true],
] as const;

const cases = hosts.flatMap(([host, make]) =>
  KINDS.map(([kind, usePipe]) => [`${kind} on ${host}`, make, usePipe] as const),
);

describe.each(cases)('an event notifier of an %s', (_name, make, usePipe) => {
  function withNotifier(body: (notifier: EventNotifier, rig: Rig) => void): () => void {
    return rigged(make, (rig) => {
      const notifier = new EventNotifier(rig.host, false, usePipe);
      try {
        body(notifier, rig);
      } finally {
        notifier.dispose();
      }
    });
  }

  it(
    'any number of sets is one event',
    withNotifier((notifier) => {
      expect(notifier.testAndClear()).toBe(false);
      for (let i = 0; i < 5; i++) expect(notifier.set()).toBe(0);
      expect(notifier.testAndClear()).toBe(true);
      expect(notifier.testAndClear()).toBe(false);
    }),
  );

  it(
    'may be set from the start',
    rigged(make, (rig) => {
      const notifier = new EventNotifier(rig.host, true, usePipe);
      expect(notifier.testAndClear()).toBe(true);
      expect(notifier.testAndClear()).toBe(false);
      notifier.dispose();
    }),
  );

  it(
    'does not block, is closed on exec, and closes once',
    withNotifier((notifier, rig) => {
      expect(rig.host.fcntl(notifier.fd, F_GETFL, 0) & O_NONBLOCK).toBe(O_NONBLOCK);
      expect(rig.host.fcntl(notifier.fd, F_GETFD, 0)).toBe(FD_CLOEXEC);
      notifier.dispose();
      notifier.dispose();
      expect(notifier.fd).toBe(-1);
      expect(notifier.set()).toBe(-EBADF);
      expect(notifier.testAndClear()).toBe(false);
    }),
  );

  it(
    'takes any number of sets, and clears them all',
    withNotifier((notifier) => {
      // More than a pipe of 64 KiB holds.
      for (let i = 0; i < 10_000; i++) expect(notifier.set()).toBe(0);
      expect(notifier.testAndClear()).toBe(true);
      expect(notifier.testAndClear()).toBe(false);
    }),
  );

  it(
    'wakes an AioContext, and is passed to its handler',
    withNotifier((notifier, rig) => {
      const ctx = rig.context();
      ctx.setEventNotifier(notifier, {
        ioRead: (opaque) => rig.log.push(`${opaque === notifier} ${opaque.testAndClear()}`),
      });
      ctx.poll(false);
      notifier.set();
      expect(ctx.poll(false)).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['true true']);
      ctx.setEventNotifier(notifier, null);
    }),
  );
});

/** The simulated host with one call replaced. */
function hostWith(change: Partial<Host>): Host {
  const sim = new SimHost();
  return new Proxy<Host>(sim, {
    get(_target, name) {
      const value = Reflect.get(change, name) ?? Reflect.get(sim, name, sim);
      return typeof value === 'function' ? value.bind(sim) : value;
    },
  });
}

describe('an event notifier on a limited kernel', () => {
  it('uses a pipe if there are no eventfds', () => {
    const notifier = new EventNotifier(hostWith({ eventfd: () => -ENOSYS }));
    expect(notifier.set()).toBe(0);
    expect(notifier.testAndClear()).toBe(true);
  });

  it('throws if no descriptor is left', () => {
    expect(() => new EventNotifier(hostWith({ eventfd: () => -EMFILE }))).toThrow('EMFILE');
  });

  it('tries again after EINTR', () => {
    const real = new SimHost();
    let interrupts = 2;
    const interrupted =
      (call: 'read' | 'write'): Host['read'] =>
      (fd, buffer, offset, count) =>
        interrupts-- > 0 ? -EINTR : real[call](fd, buffer, offset, count);
    const host = new Proxy<Host>(real, {
      get(target, name) {
        if (name === 'read' || name === 'write') return interrupted(name);
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const notifier = new EventNotifier(host);
    expect(notifier.set()).toBe(0);
    interrupts = 2;
    expect(notifier.testAndClear()).toBe(true);
  });
});
