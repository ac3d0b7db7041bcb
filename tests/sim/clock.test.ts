import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_MONOTONIC, CLOCK_REALTIME, POLLIN } from '../../src/host/constants.ts';
import { SimDeadlockError } from '../../src/host/sim/clock.ts';
import { EventQueue, SimEvent } from '../../src/host/sim/event-queue.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

class Numbered extends SimEvent {
  readonly id: number;
  constructor(id: number) {
    super();
    this.id = id;
  }
  override fire(): void {}
}

describe('the event queue', () => {
  it('gives the soonest first, the first scheduled among equals, and no removed ones', () => {
    const entry = fc.record({ timeNs: fc.nat(50), removed: fc.boolean() });
    const plan = fc.array(entry, { maxLength: 100, size: 'max' });
    fc.assert(
      fc.property(plan, (entries) => {
        const queue = new EventQueue();
        const events = entries.map((_, id) => new Numbered(id));
        entries.forEach(({ timeNs }, id) => {
          queue.add(events[id]!, timeNs);
        });
        entries.forEach(({ removed }, id) => {
          if (removed) queue.remove(events[id]!);
        });
        const expected = entries
          .map(({ timeNs, removed }, id) => ({ timeNs, removed, id }))
          .filter(({ removed }) => !removed)
          .sort((a, b) => a.timeNs - b.timeNs || a.id - b.id);
        expect(queue.size).toBe(expected.length);
        expect(queue.soonestNs()).toBe(expected[0]?.timeNs ?? Infinity);
        const got = expected.map(() => (queue.pop() as Numbered).id);
        expect(got).toEqual(expected.map(({ id }) => id));
        expect(queue.pop()).toBeUndefined();
      }),
    );
  });
});

describe('virtual time', () => {
  it('starts at 1,000 s and 1,600,000,000 s, and a call takes 1 ns', () => {
    const host = new SimHost();
    expect(host.clockNs(CLOCK_MONOTONIC)).toBe(1e12);
    expect(host.clockNs(CLOCK_MONOTONIC)).toBe(1e12 + 1);
    host.getpid();
    expect(host.clockNs(CLOCK_MONOTONIC)).toBe(1e12 + 3);
    expect(host.clockNs(CLOCK_REALTIME)).toBe(1.6e18 + 4);
    expect(host.nowNs).toBe(1e12 + 5);
  });

  it('jumps to the timeout of a call that blocks', () => {
    const host = new SimHost({ startNs: 0 });
    const none = host.alloc(8);
    expect(host.poll(none, 0, 5e9)).toBe(0);
    expect(host.nowNs).toBe(5e9 + 1);
    expect(host.poll(none, 0, 0)).toBe(0);
    expect(host.nowNs).toBe(5e9 + 2);
  });

  it('wakes a blocked call at the event that ends it, past those that do not', () => {
    const host = new SimHost({ startNs: 0 });
    const fds = host.alloc(8);
    const one = host.alloc(8);
    one.i32[0] = 1;
    const fd = host.eventfd(0, 0);
    fds.i32[0] = fd;
    fds.i32[1] = POLLIN;
    const seen: number[] = [];
    host.at(100, () => seen.push(host.nowNs));
    host.at(250, () => host.write(fd, one, 0, 8));
    host.at(300, () => seen.push(host.nowNs));
    expect(host.poll(fds, 1, -1)).toBe(1);
    expect(host.nowNs).toBe(251);
    expect(seen).toEqual([100]);
    expect(host.nextEventNs()).toBe(300);
  });

  it('lets events happen while the thread is busy, and in the calls it makes', () => {
    const host = new SimHost({ startNs: 0 });
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${host.nowNs}`);
    host.at(2, note('b'));
    host.at(1, note('a'));
    host.at(2, note('c'));
    host.at(50, note('d'));
    host.getpid();
    host.getpid();
    expect(seen).toEqual(['a@1', 'b@2', 'c@2']);
    host.advance(98);
    expect(seen).toEqual(['a@1', 'b@2', 'c@2', 'd@50']);
    expect(host.nowNs).toBe(100);
    expect(host.nextEventNs()).toBe(-1);
  });

  it('does not charge the outside world, and drops disposed events', () => {
    const host = new SimHost({ startNs: 0 });
    const seen: number[] = [];
    const dropped = host.at(20, () => seen.push(20));
    host.at(10, () => {
      dropped.dispose();
      for (let i = 0; i < 100; i++) host.getpid();
      host.at(host.nowNs, () => seen.push(host.nowNs));
    });
    host.advance(30);
    expect(seen).toEqual([10]);
    expect(host.nowNs).toBe(30);
  });

  it('says so if nothing can end a call', () => {
    const host = new SimHost();
    expect(() => host.poll(host.alloc(8), 0, -1)).toThrow(SimDeadlockError);
    expect(() => host.poll(host.alloc(8), 0, -1)).toThrow(/poll blocks for ever/);
    host.at(host.nowNs + 10, () => {});
    expect(() => host.epollWait(host.epollCreate1(0), host.alloc(12), 1, -1)).toThrow(
      /epoll_wait blocks for ever/,
    );
    expect(() => host.read(host.eventfd(0, 0), host.alloc(8), 0, 8)).toThrow(/read blocks/);
  });

  it('refuses a call that blocks in an event of the outside world', () => {
    const host = new SimHost();
    const fd = host.eventfd(0, 0);
    host.at(host.nowNs + 10, () => host.read(fd, host.alloc(8), 0, 8));
    expect(() => host.advance(20)).toThrow(/would block inside an event/);
  });

  it('draws the same numbers from the same seed', () => {
    const draw = (seed: number): number[] => {
      const host = new SimHost({ seed });
      return Array.from({ length: 5 }, () => host.random());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    for (const n of draw(7)) expect(n >= 0 && n < 1).toBe(true);
  });
});

describe('an observer', () => {
  it('takes no time, and nothing happens meanwhile', () => {
    const host = new SimHost();
    const { nowNs } = host;
    const happened: string[] = [];
    host.at(nowNs, () => happened.push('due'));
    const seen = host.still(() => [host.clockNs(CLOCK_MONOTONIC), host.pendingSignals().length]);
    expect([seen, host.nowNs, happened]).toEqual([[nowNs, 0], nowNs, []]);
    host.clockNs(CLOCK_MONOTONIC);
    expect([host.nowNs, happened]).toEqual([nowNs + 1, ['due']]);
  });

  it('may schedule later events', () => {
    const host = new SimHost();
    const happened: string[] = [];
    host.still(() => host.at(host.nowNs, () => happened.push('set')));
    expect(happened).toEqual([]);
    host.clockNs(CLOCK_MONOTONIC);
    expect(happened).toEqual(['set']);
  });

  it('leaves everything as it was if it throws, and within an event', () => {
    const host = new SimHost();
    const { nowNs } = host;
    const fail = (): never => {
      throw new Error('no');
    };
    expect(() => host.still(fail)).toThrow('no');
    host.at(nowNs + 5, () => host.still(() => host.clockNs(CLOCK_REALTIME)));
    host.at(nowNs + 5, () => host.clockNs(CLOCK_REALTIME));
    host.advance(5);
    expect(host.nowNs).toBe(nowNs + 5);
  });
});
