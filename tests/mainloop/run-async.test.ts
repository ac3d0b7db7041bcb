import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { O_RDONLY, POLLIN } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import type { MainLoop, MainLoopOptions } from '../../src/mainloop/main-loop.ts';
import { expectNoLeaks, held } from '../support/leaks.ts';
import { Rig } from '../support/rig.ts';

const MS = 1_000_000;

const drivers = [
  ['uv_poll', () => new LinuxHost()],
  ['epoll_wait.async', () => new LinuxHost({ nodeWaitBy: 'epoll_wait.async' })],
  ['setImmediate', () => new SimHost()],
] as const;

/** A test whose body awaits; nothing may be left at its end. */
function rigged(make: () => LinuxHost | SimHost, body: (rig: Rig) => Promise<void>) {
  return async (): Promise<void> => {
    const host = make();
    const before = held(host);
    const rig = new Rig(host as LinuxHost);
    try {
      await body(rig);
    } finally {
      rig.end();
    }
    // A call in the thread pool ends after the run, and closes its descriptors then.
    while (held(host).fds.length > before.fds.length) await turn();
    expectNoLeaks(host, before);
    host.dispose();
  };
}

/** Resolves once Node waits for the loop: it makes no iteration while Node's loop turns. */
async function asleep(loop: MainLoop): Promise<void> {
  for (let before = -1; before !== loop.iterations || before === 0; ) {
    before = loop.iterations;
    for (let i = 0; i < 20; i++) await turn();
  }
}

/** A loop with a handler that quits once it is kicked. */
function kicked(rig: Rig, options: Partial<MainLoopOptions> = {}): [MainLoop, () => void] {
  const loop = rig.loop(options);
  const fd = rig.eventfd();
  loop.setFdHandler(fd, {
    ioRead: () => {
      rig.drain(fd);
      rig.log.push('fd');
      loop.quit();
    },
  });
  return [loop, () => rig.kick(fd)];
}

describe.each(drivers)('runAsync by %s', (kind, make) => {
  const test = (name: string, body: (rig: Rig) => Promise<void>): void =>
    it(name, rigged(make, body));

  test('names its driver while it runs', async (rig) => {
    const loop = rig.loop();
    expect(loop.drivenBy).toBe(null);
    loop.context.scheduleOneshot('b', () => {
      rig.log.push(`${loop.drivenBy}`);
      loop.quit();
    });
    await loop.runAsync();
    expect(rig.log).toEqual([kind]);
    expect(loop.drivenBy).toBe(null);
    loop.context.scheduleOneshot('b', () => {
      rig.log.push(`${loop.drivenBy}`);
      loop.quit();
    });
    loop.run();
    expect(rig.log).toEqual([kind, 'run']);
  });

  test("lets Node's timers and promises go on, and sees the work that they give it", async (rig) => {
    const loop = rig.loop();
    const bh = loop.newBottomHalf('b', () => rig.log.push('bottom half'));
    const over = loop.runAsync();
    for (let i = 0; i < 3; i++) {
      await delay(1);
      rig.log.push('timeout');
      bh.schedule();
      while (rig.log.at(-1) !== 'bottom half') await turn();
    }
    loop.quit();
    await over;
    expect(rig.log).toEqual(Array(3).fill(['timeout', 'bottom half']).flat());
    bh.delete();
  });

  test('sleeps until a descriptor is ready', async (rig) => {
    const [loop, kick] = kicked(rig);
    const over = loop.runAsync();
    await asleep(loop);
    kick();
    await over;
    expect(rig.log).toEqual(['fd']);
  });

  test('sleeps with descriptors that poll alone can watch', async (rig) => {
    const [loop, kick] = kicked(rig, { fdmon: 'poll' });
    // Two handlers for one fd.
    const fd = rig.eventfd();
    loop.context.setFdHandler(fd, { ioRead: () => rig.log.push('main') });
    loop.setFdHandler(fd, {
      ioRead: () => {
        rig.log.push('iohandler');
        rig.drain(fd);
        kick();
      },
    });
    const over = loop.runAsync();
    await asleep(loop);
    rig.kick(fd);
    await over;
    expect(rig.log).toEqual(['main', 'iohandler', 'fd']);
  });

  test('sleeps with the descriptors of poll notifiers', async (rig) => {
    const loop = rig.loop();
    const record = { fd: rig.eventfd(), events: POLLIN, revents: 0 };
    loop.addPollNotifier((poll) => {
      if (poll.state === 'FILL') poll.fds.push(record);
      else if (record.revents !== 0) loop.quit();
    });
    const over = loop.runAsync();
    await asleep(loop);
    rig.kick(record.fd);
    await over;
    expect(record.revents).toBe(POLLIN);
  });

  test('goes on with a file, which is always ready, and with a closed descriptor', async (rig) => {
    const loop = rig.loop();
    const { host } = rig;
    const path = kind === 'setImmediate' ? '/f' : '/proc/self/exe';
    const file = rig.own(host.open(path, kind === 'setImmediate' ? 0o102 : O_RDONLY, 0o600));
    let reads = 0;
    loop.setFdHandler(file, {
      ioRead: () => {
        if (++reads === 3) loop.setFdHandler(file, null);
      },
    });
    const over = loop.runAsync();
    while (reads < 3) await turn();
    const closed = rig.eventfd();
    loop.setFdHandler(closed, { ioRead: () => {} });
    await turn();
    rig.close(closed);
    const before = loop.iterations;
    while (loop.iterations < before + 5) await turn();
    loop.setFdHandler(closed, null);
    loop.quit();
    await over;
  });

  test('fires timers in order, and none too early', async (rig) => {
    const loop = rig.loop();
    const startNs = rig.host.clockNs(1);
    const timer = (name: string, ns: number, then: () => void = () => {}): void => {
      const t = loop.context.timers.newTimer(0, name, () => {
        rig.log.push(name);
        expect(rig.host.clockNs(1)).toBeGreaterThanOrEqual(startNs + ns);
        then();
      });
      t.modNs(startNs + ns);
    };
    timer('c', 9 * MS, () => loop.quit());
    timer('b', 4 * MS);
    timer('a', 1 * MS + 1);
    await loop.runAsync();
    expect(rig.log).toEqual(['a', 'b', 'c']);
  });

  test('sees a timer that is armed while Node waits', async (rig) => {
    const loop = rig.loop();
    const timer = loop.timers.newTimer(0, 't', () => loop.quit());
    const over = loop.runAsync();
    await asleep(loop);
    timer.modNs(rig.host.clockNs(1) + MS);
    await over;
  });

  test('sees a source that is attached while Node waits', async (rig) => {
    const { IdleSource } = await import('../../src/mainloop/source.ts');
    const loop = rig.loop();
    const over = loop.runAsync();
    await asleep(loop);
    loop.attachSource(
      new IdleSource(() => {
        loop.quit();
        return false;
      }),
    );
    await over;
  });

  test('ends by an AbortSignal, and asks it nothing afterwards', async (rig) => {
    const loop = rig.loop();
    const abort = new AbortController();
    const over = loop.runAsync({ signal: abort.signal });
    await asleep(loop);
    abort.abort();
    await over;
    expect(loop.iterations).toBeGreaterThan(0);
    const before = loop.iterations;
    await loop.runAsync({ signal: abort.signal });
    expect(loop.iterations).toBe(before);
    loop.context.scheduleOneshot('b', () => loop.quit());
    await loop.runAsync();
    expect(loop.iterations).toBe(before + 1);
  });

  test('does not run if quit came before, and then runs again', async (rig) => {
    const loop = rig.loop();
    loop.quit();
    await loop.runAsync();
    expect(loop.iterations).toBe(0);
    loop.context.scheduleOneshot('b', () => loop.quit());
    await loop.runAsync();
    expect(loop.iterations).toBe(1);
  });

  test('is refused twice, and on a closed loop', async (rig) => {
    const loop = rig.loop();
    const over = loop.runAsync();
    await expect(loop.runAsync()).rejects.toThrow('Node drives the loop already');
    loop.close();
    await over;
    await expect(loop.runAsync()).rejects.toThrow('the loop is closed');
  });

  test('ends if a callback closes the loop', async (rig) => {
    const loop = rig.loop();
    loop.context.scheduleOneshot('b', () => {
      rig.log.push('closes');
      loop.close();
    });
    await loop.runAsync();
    expect(rig.log).toEqual(['closes']);
  });

  test('lets a callback of Node run iterations in between', async (rig) => {
    const [loop, kick] = kicked(rig);
    const bh = loop.newBottomHalf('b', () => rig.log.push('bottom half'));
    const over = loop.runAsync();
    await asleep(loop);
    bh.schedule();
    loop.mainLoopWait(false);
    rig.log.push('waited');
    loop.context.scheduleOneshot('q', () => loop.quit());
    loop.run();
    expect(loop.drivenBy).toBe(kind);
    bh.schedule();
    loop.context.poll(false);
    rig.log.push('polled');
    await asleep(loop);
    bh.schedule();
    while (rig.log.at(-1) !== 'bottom half') await turn();
    kick();
    await over;
    expect(rig.log).toEqual([
      ...['bottom half', 'waited'],
      ...['bottom half', 'polled'],
      ...['bottom half', 'fd'],
    ]);
    bh.delete();
  });

  test('runs two loops at once', async (rig) => {
    const [one, kickOne] = kicked(rig);
    const [two, kickTwo] = kicked(rig);
    const first = one.runAsync().then(() => rig.log.push('one'));
    const second = two.runAsync().then(() => rig.log.push('two'));
    await asleep(one);
    await asleep(two);
    kickTwo();
    await second;
    kickOne();
    await first;
    expect(rig.log).toEqual(['fd', 'two', 'fd', 'one']);
  });

  test('writes no eventfd for work that this thread gives it', async (rig) => {
    const loop = rig.loop();
    let ran = 0;
    const all = Array.from({ length: 1000 }, () => loop.newBottomHalf('b', () => ran++));
    const over = loop.runAsync();
    await asleep(loop);
    const before = loop.iterations;
    for (const bh of all) bh.schedule();
    while (ran < 1000) await turn();
    expect(loop.context.sleeper.writes).toBe(0);
    // The notifier's handler, and the round after it.
    expect(loop.iterations).toBeLessThanOrEqual(before + 2);
    loop.quit();
    await over;
    for (const bh of all) bh.delete();
  });
});
