/** The run of the sound program that is shown beside the failure of a weakened one. */

import { describe, expect, it } from 'vitest';
import { Finder } from '../../src/explore/finder.ts';
import { PROGRAMS } from '../../src/explore/programs/all.ts';
import type { Story } from '../../src/explore/story.ts';

const MOST_BYTES = 2 ** 28;

/** Those whose search takes longest: the rest shows the same. */
const LARGE = [
  'aio_context',
  'aio_co_schedule',
  'iothread_stop',
  'thread-pool-both',
  'thread-pool-looks',
];

const weakenings = PROGRAMS.filter(({ name }) => !LARGE.includes(name)).flatMap((program) =>
  program.weakenings.map(
    ({ name }) => [`${program.name} --without ${name}`, program, name] as const,
  ),
);

function findIn(program: (typeof PROGRAMS)[number], without: string): Finder {
  const finder = new Finder(program, without, { mostBytes: MOST_BYTES });
  while (finder.run(10_000));
  return finder;
}

/** The operations of a thread, without what they returned. */
function turnsOf({ steps }: Story, thread: number): string[] {
  return steps
    .filter((step) => step.thread === thread)
    .map(({ operation }) => operation.replace(/:.*/, ''));
}

describe('a sound run beside a failure', () => {
  it.each(weakenings)(
    '%s: goes on to an end, and the same thread begins',
    (_, program, without) => {
      const finder = findIn(program, without);
      const weak = finder.found().story!;
      const sound = finder.beside()!;
      expect(sound.error).toBe('');
      expect(sound.threads).toEqual(weak.threads);
      expect(sound.steps[0]!.thread).toBe(weak.steps[0]!.thread);
      expect(sound.steps.length).toBeGreaterThan(3);
    },
  );

  const aioNotify = PROGRAMS.find(({ name }) => name === 'aio_notify')!;

  it('without smp_mb the store waits; with it the sleeper is seen, and woken', () => {
    const finder = findIn(aioNotify, 'smp_mb');
    const [weak, sound] = [finder.found().story!, finder.beside()!];
    expect(turnsOf(weak, 1).slice(-3)).toEqual([
      'store NOTIFIED 1',
      'load NOTIFY_ME',
      'NOTIFIED = 1',
    ]);
    expect(turnsOf(sound, 1)).toContain('store with a fence NOTIFIED 1');
    // The poller sees it and does not sleep, so it runs both bottom halves.
    expect(sound.steps.map(({ operation }) => operation)).toContain('load NOTIFIED: 1');
    expect(turnsOf(sound, 0)).not.toContain('sleep on eventfd');
    expect(turnsOf(sound, 0).slice(-1)).toEqual(['and flags of a -20']);
  });

  it('an operation that comes later in the failure waits until then: the poller comes in between', () => {
    const notified = PROGRAMS.find(({ name }) => name === 'notified-event')!;
    const between = (story: Story): string[] => {
      const all = story.steps.map(({ thread, operation }) => `${thread} ${operation}`);
      const from = all.findIndex((step) => step.startsWith('1 load NOTIFY_ME'));
      return all.slice(from + 1, from + 5).map((step) => step.replace(/:.*/, ''));
    };
    const finder = findIn(notified, 'event-first');
    const poller = ['0 load WORK', '0 add NOTIFY_ME -2', '0 exchange NOTIFIED 0'];
    expect(between(finder.found().story!)).toEqual(['1 exchange NOTIFIED 1', ...poller]);
    expect(between(finder.beside()!)).toEqual(['1 exchange eventfd 1', ...poller]);
  });

  it('a sound program, and one that is not weakened, have none', () => {
    expect(findIn(aioNotify, '').beside()).toBe(null);
  });
});
