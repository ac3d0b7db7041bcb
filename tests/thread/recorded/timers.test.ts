/** The recorded case of timers that no scenario file can say: as much of it as holds here. */

import { describe, expect, it } from 'vitest';
import { AioContext } from '../../../src/aio/aio-context.ts';
import { QEMU_CLOCK_REALTIME } from '../../../src/aio/clock.ts';
import { RemoteContext } from '../../../src/thread/remote-context.ts';
import { EV } from '../../../src/trace/catalogue.ts';
import { hosts } from '../../support/rig.ts';

const MINUTE = 60e9;

describe.each(hosts)('on the host %s', (_, make) => {
  /**
   * In QEMU main arms the timers of io1, which is held. Here a timer is armed in its own thread: its
   * list has no lock and stands in no shared memory, since arming is on the hot path of the loop.
   */
  it('only a new first timer notifies (timer_that_becomes_no_head_does_not_notify)', () => {
    const host = make();
    const context = new AioContext({ host });
    let notified = 0;
    const sink = context.trace.attach(['aio_notify'], (id) => {
      if (id === EV.aio_notify) notified = 1;
    });
    const order: string[] = [];
    const told = (what: string, act: () => void): void => {
      notified = 0;
      act();
      order.push(`${what}: notified=${notified}`);
    };
    const nowNs = context.clocks.nowNs(QEMU_CLOCK_REALTIME);
    const [first, later, sooner] = ['first', 'later', 'sooner'].map((name) =>
      context.timers.newTimer(QEMU_CLOCK_REALTIME, name, () => {}),
    );
    told('first', () => first!.modNs(nowNs + 60 * MINUTE));
    told('later than the head', () => later!.modNs(nowNs + 120 * MINUTE));
    told('new head', () => sooner!.modNs(nowNs + 30 * MINUTE));
    told('deleted', () => sooner!.del());
    expect(order).toEqual([
      'first: notified=1',
      'later than the head: notified=0',
      'new head: notified=1',
      'deleted: notified=0',
    ]);
    sink.dispose();
    context.close();
    host.dispose();
  });

  it('another thread asks for a timer by a call, which always notifies', () => {
    const host = make();
    const context = new AioContext({ host });
    const timer = context.timers.newTimer(QEMU_CLOCK_REALTIME, 'later', () => {});
    const entry = context.newEntry('arm', (minutes) => {
      timer.modFromNowNs(minutes! * MINUTE);
    });
    const remote = RemoteContext.from(context.share(), host);
    expect(remote.notified).toBe(false);
    remote.scheduleOneshot('arm', 120);
    expect(remote.notified).toBe(true);
    context.poll(false);
    expect(timer.pending).toBe(true);
    expect(remote.notified).toBe(false);
    entry.dispose();
    timer.del();
    context.close();
    host.dispose();
  });
});
