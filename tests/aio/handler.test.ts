import { describe, expect, it } from 'vitest';
import type { AioContext } from '../../src/aio/aio-context.ts';
import { F_DUPFD_CLOEXEC } from '../../src/host/constants.ts';
import type { Disposable } from '../../src/host/host.ts';
import { hosts, type Rig, rigged } from '../support/rig.ts';

/** Watches an eventfd. Its handler logs the name, drains it, and then calls `then`. */
function watch(rig: Rig, ctx: AioContext, name: string, then: () => void = () => {}): number {
  const fd = rig.eventfd();
  set(rig, ctx, fd, name, then);
  return fd;
}

function set(rig: Rig, ctx: AioContext, fd: number, name: string, then = () => {}): Disposable {
  const ioRead = (): void => {
    rig.log.push(name);
    rig.drain(fd);
    then();
  };
  return ctx.setFdHandler(fd, { ioRead, name });
}

describe.each(hosts)('fd handlers under aio_poll on %s', (_kind, make) => {
  it(
    'are called in order of registration, once per event',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [a, b, c] = ['a', 'b', 'c'].map((name) => watch(rig, ctx, name));
      for (const fd of [c!, a!, b!]) rig.kick(fd);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.taken()).toEqual(['a', 'b', 'c']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'are called again until their fd is drained',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      ctx.setFdHandler(fd, { ioRead: () => rig.log.push('a') });
      expect([ctx.poll(false), ctx.poll(false)]).toEqual([true, true]);
      expect(rig.log).toEqual(['a', 'a']);
    }),
  );

  it(
    'a handler that is set again moves to the end',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [a, b] = ['a', 'b'].map((name) => watch(rig, ctx, name));
      set(rig, ctx, a!, "a'");
      for (const fd of [a!, b!]) rig.kick(fd);
      ctx.poll(false);
      expect(rig.log).toEqual(['b', "a'"]);
    }),
  );

  it(
    'an invalid fd or function is refused, and the handlers stay as they were',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = watch(rig, ctx, 'a');
      const ioRead = (): void => {};
      for (const wrong of [Number.NaN, 2 ** 32, 2 ** 31, -1, 1.5, '1', 3n, undefined] as number[]) {
        for (const handlers of [{ ioRead }, null]) {
          const set = () => ctx.setFdHandler(wrong, handlers);
          expect(set, String(wrong)).toThrow(RangeError);
          expect(set).toThrow(/^aio_set_fd_handler: fd is .*: expected an integer from 0 to 2147/);
        }
      }
      const handlers = [
        undefined,
        7,
        ioRead,
        { ioRead: 1 },
        { ioRead, ioWrite: 'f' },
        { ioPoll: {} },
      ];
      for (const wrong of handlers as unknown as unknown as null[]) {
        expect(() => ctx.setFdHandler(fd, wrong)).toThrow(TypeError);
      }
      const wrong = { ioRead, ioWrite: 'f' as unknown as () => void };
      expect(() => ctx.setFdHandler(fd, wrong)).toThrow(
        `aio_set_fd_handler: ioWrite of fd ${fd} is 'f': expected a function`,
      );
      rig.kick(fd);
      ctx.poll(false);
      expect(rig.log).toEqual(['a']);
    }),
  );

  it(
    'a closed fd is refused if it is new, and nothing is changed',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const a = watch(rig, ctx, 'a');
      const loop = rig.loop();
      // A number that nobody else is given meanwhile.
      const fd = rig.own(rig.host.fcntl(a, F_DUPFD_CLOEXEC, 700));
      rig.close(fd);
      const before = [...ctx.handlers.keys()];
      const refused = expect.objectContaining({
        name: 'HostError',
        code: 'EBADF',
        message: `aio_set_fd_handler: fd ${fd}: Bad file descriptor (EBADF)`,
      });
      expect(() => ctx.setFdHandler(fd, { ioRead: () => {} })).toThrow(refused);
      expect(() => loop.setFdHandler(fd, { ioWrite: () => {} })).toThrow(refused);
      expect([...ctx.handlers.keys()]).toEqual(before);
      expect(ctx.poll(false)).toBe(false);
      rig.kick(a);
      ctx.poll(false);
      expect(rig.log).toEqual(['a']);
      // Removing what is not there needs no descriptor.
      ctx.setFdHandler(fd, null);
      ctx.setFdHandler(fd, {});
    }),
  );

  it(
    'an fd that is closed while it is registered may be set again, as in QEMU',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = watch(rig, ctx, 'a');
      rig.close(fd);
      set(rig, ctx, fd, 'again');
      expect([...ctx.handlers.keys()]).toContain(fd);
      ctx.setFdHandler(fd, null);
    }),
  );

  it(
    'read comes before write; null removes both',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [near, far] = rig.socketpair();
      rig.kick(far);
      ctx.setFdHandler(near, {
        ioRead: () => rig.log.push(`read ${rig.drain(near)}`),
        ioWrite: () => rig.log.push('write'),
      });
      ctx.poll(false);
      ctx.poll(false);
      expect(rig.log).toEqual(['read 8', 'write', 'write']);
      ctx.setFdHandler(near, null);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a hang-up or an error goes to any handler of the fd',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [reader, writer] = rig.pipe();
      ctx.setFdHandler(reader, { ioRead: () => rig.log.push('hang-up') });
      rig.close(writer);
      expect(ctx.poll(false)).toBe(true);
      ctx.setFdHandler(reader, null);
      const [reader2, writer2] = rig.pipe();
      rig.close(reader2);
      ctx.setFdHandler(writer2, { ioRead: () => rig.log.push('error, read') });
      expect(ctx.poll(false)).toBe(true);
      ctx.setFdHandler(writer2, { ioWrite: () => rig.log.push('error, write') });
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['hang-up', 'error, read', 'error, write']);
    }),
  );

  it(
    'a handler that another one removes is not called, neither in this round nor later',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const a = watch(rig, ctx, 'a', () => ctx.setFdHandler(b, null));
      const b = watch(rig, ctx, 'b', () => ctx.setFdHandler(a, null));
      rig.kick(a);
      rig.kick(b);
      expect(ctx.poll(false)).toBe(true);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['a']);
    }),
  );

  it(
    'a handler that another one replaces, or removes and adds, is called in the next round',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const a = watch(rig, ctx, 'a', () => {
        set(rig, ctx, b, "b'");
        ctx.setFdHandler(c, null);
        set(rig, ctx, c, "c'");
      });
      const b = watch(rig, ctx, 'b');
      const c = watch(rig, ctx, 'c');
      for (const fd of [a, b, c]) rig.kick(fd);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      ctx.poll(false);
      expect(rig.log).toEqual(["b'", "c'"]);
    }),
  );

  it(
    'if a read handler removes or replaces itself, the write handler is not called',
    rigged(make, (rig) => {
      for (const then of ['remove', 'replace'] as const) {
        const ctx = rig.context();
        const [near, far] = rig.socketpair();
        rig.kick(far);
        ctx.setFdHandler(near, {
          ioRead: () => {
            rig.log.push(then);
            rig.drain(near);
            ctx.setFdHandler(
              near,
              then === 'remove' ? null : { ioRead: () => rig.log.push('new') },
            );
          },
          ioWrite: () => rig.log.push('write'),
        });
        expect(ctx.poll(false)).toBe(true);
        expect(ctx.poll(false)).toBe(false);
      }
      expect(rig.log).toEqual(['remove', 'replace']);
    }),
  );

  it(
    'an fd that is registered in a round waits for the next',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const ready = rig.eventfd(1);
      const a = watch(rig, ctx, 'a', () => set(rig, ctx, ready, 'new'));
      rig.kick(a);
      ctx.poll(false);
      expect(rig.taken()).toEqual(['a']);
      ctx.poll(false);
      expect(rig.log).toEqual(['new']);
    }),
  );

  it(
    'a bottom half can still replace a ready handler',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = watch(rig, ctx, 'old');
      rig.kick(fd);
      ctx.scheduleOneshot('bh', () => set(rig, ctx, fd, 'new'));
      ctx.poll(false);
      expect(rig.taken()).toEqual([]);
      ctx.poll(false);
      expect(rig.log).toEqual(['new']);
    }),
  );

  it(
    'a nested poll takes over the ready list',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const nest = (): void => void rig.log.push(`(${ctx.poll(false)})`);
      const [a, b, c] = ['a', 'b', 'c'].map((name) => watch(rig, ctx, name, nest));
      for (const fd of [a!, b!, c!]) rig.kick(fd);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.log).toEqual(['a', 'b', 'c', '(false)', '(true)', '(true)']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'a handler that polls before it drains its fd is called again inside',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      let depth = 0;
      ctx.setFdHandler(fd, {
        ioRead: () => {
          rig.log.push(`a${depth}`);
          if (depth++ < 2) ctx.poll(false);
          else rig.drain(fd);
        },
      });
      const b = watch(rig, ctx, 'b');
      rig.kick(b);
      ctx.poll(false);
      expect(rig.log).toEqual(['a0', 'a1', 'a2', 'b']);
    }),
  );

  it(
    'a handler that throws ends the round; the other ready fds are found again',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const bad = watch(rig, ctx, 'bad', () => {
        throw new Error('from a handler');
      });
      const after = watch(rig, ctx, 'after');
      rig.kick(bad);
      rig.kick(after);
      expect(() => ctx.poll(false)).toThrow('from a handler');
      expect(rig.taken()).toEqual(['bad']);
      expect(ctx.poll(false)).toBe(true);
      expect(rig.taken()).toEqual(['after']);
      expect(ctx.poll(false)).toBe(false);
    }),
  );

  it(
    'after a round that threw, an fd that has been drained is not called',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const bad = watch(rig, ctx, 'bad', () => {
        throw new Error('from a handler');
      });
      const left = watch(rig, ctx, 'left');
      rig.kick(bad);
      rig.kick(left);
      expect(() => ctx.poll(false)).toThrow('from a handler');
      rig.drain(left);
      expect(ctx.poll(false)).toBe(false);
      expect(rig.log).toEqual(['bad']);
    }),
  );

  it(
    'a throw through a nested poll and an outer handler loses nothing of either round',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const outer = watch(rig, ctx, 'outer', () => ctx.poll(false));
      const bad = watch(rig, ctx, 'bad', () => {
        throw new Error('deep');
      });
      const last = watch(rig, ctx, 'last');
      for (const fd of [outer, bad, last]) rig.kick(fd);
      expect(() => ctx.poll(false)).toThrow('deep');
      ctx.poll(false);
      rig.kick(outer);
      ctx.poll(false);
      expect(rig.log).toEqual(['outer', 'bad', 'last', 'outer']);
    }),
  );

  it(
    'external handlers are held back, and their events kept',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const ext = rig.eventfd();
      const ioRead = (): void => void rig.log.push(`ext ${rig.drain(ext)}`);
      ctx.setFdHandler(ext, { ioRead, isExternal: true });
      const int = watch(rig, ctx, 'int', () => rig.log.push('!'));
      ctx.disableExternal();
      ctx.disableExternal();
      rig.kick(ext);
      rig.kick(int);
      ctx.poll(false);
      ctx.enableExternal();
      expect(ctx.poll(false)).toBe(false);
      ctx.enableExternal();
      expect(ctx.wakeup.notified).toBe(true);
      ctx.poll(false);
      expect(rig.log).toEqual(['int', '!', 'ext 8']);
      expect(() => ctx.enableExternal()).toThrow('aio_enable_external: Assertion');
    }),
  );

  it(
    'a read handler that disables external handlers holds back its own write handler',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const [near, far] = rig.socketpair();
      rig.kick(far);
      ctx.setFdHandler(near, {
        ioRead: () => {
          rig.drain(near);
          ctx.disableExternal();
        },
        ioWrite: () => rig.log.push('write'),
        isExternal: true,
      });
      ctx.poll(false);
      expect(rig.log).toEqual([]);
      ctx.enableExternal();
      ctx.poll(false);
      expect(rig.log).toEqual(['write']);
    }),
  );

  it(
    'the handle undoes only its own registration',
    rigged(make, (rig) => {
      const ctx = rig.context();
      const fd = rig.eventfd(1);
      const first = set(rig, ctx, fd, 'first');
      const second = set(rig, ctx, fd, 'second');
      first.dispose();
      ctx.poll(false);
      expect(rig.taken()).toEqual(['second']);
      second.dispose();
      second.dispose();
      rig.kick(fd);
      expect(ctx.poll(false)).toBe(false);
      ctx.setFdHandler(fd, null).dispose();
      ctx.setFdHandler(fd, {}).dispose();
      expect(ctx.handlers.has(fd)).toBe(false);
    }),
  );
});
