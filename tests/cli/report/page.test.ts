import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportTrace } from '../../../src/cli/report/facts.ts';
import { launchChromium } from '../../support/chromium.ts';
import { NO_BROWSER, type OpenReport, openReport, type PageOptions } from './browser.ts';
import { type Run, traced } from './traces.ts';

const MS = 1e6;

/** The y of the first row on the timeline, in pixels: below the axis and a heading, in the row. */
const FIRST_ROW = 26 + 16 + 9;

let browser: Browser;

beforeAll(async () => {
  if (!NO_BROWSER) browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

/** Opens a report, uses it, and sees that nothing went wrong in it. */
async function withReport(
  trace: ReportTrace,
  use: (page: Page, report: OpenReport) => Promise<void>,
  options: PageOptions = {},
): Promise<void> {
  const report = await openReport(browser, trace, options);
  try {
    await use(report.page, report);
    expect(report.problems).toEqual([]);
    expect(report.requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
    expect(report.requests).toHaveLength(1);
  } finally {
    await report.close();
  }
}

/** Two children, one held up by a slow timer. */
function twoChildren(run: Run): void {
  run.child('first', 4 * MS);
  run.child('second', 30 * MS);
  run.timer('sluggish', 10 * MS, () => run.host.advance(25 * MS));
  while (run.watch.size > 0) run.turn(1);
}

/** The state of the timeline: from, to (ns), how much is lit up, how many boxes it drew. */
async function shown(page: Page) {
  const data = await page.$eval('canvas', ({ dataset }) => ({ ...dataset }));
  const number = (name: string): number => Number(data[name]);
  return { from: number('from'), to: number('to'), lit: number('lit'), boxes: number('boxes') };
}

/** Awaits a frame that was drawn after all that was done before. */
async function frame(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => done()));
      }),
  );
}

/** Where on the page a moment of the main loop's first row is. */
async function pointAt(page: Page, ns: number): Promise<{ x: number; y: number }> {
  const { from, to } = await shown(page);
  const canvas = page.locator('canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox())!;
  return { x: box.x + (box.width * (ns - from)) / (to - from), y: box.y + FIRST_ROW };
}

describe.skipIf(NO_BROWSER)('the page of a report (skipped by QEMU_LOOP_NO_BROWSER=1)', () => {
  it('a finding leads to its place on the timeline, with its causes lit up', async () => {
    await withReport(traced(twoChildren), async (page) => {
      const before = await shown(page);
      await page.click('#check-slow .places button');
      await frame(page);
      const after = await shown(page);
      expect(after.to - after.from).toBeLessThan(before.to - before.from);
      expect(after.to - after.from).toBeGreaterThan(25 * MS);
      // The timer, and the timer_mod that armed it.
      expect(after.lit).toBeGreaterThanOrEqual(2);
      expect(await page.textContent('.details h3')).toBe('timer sluggish');
      expect(await page.textContent('.details')).toContain('timer_mod sluggish');
      await expect.poll(() => page.locator('canvas').isVisible()).toBe(true);
    });
  });

  it('each check is listed, whether it found something or not', async () => {
    await withReport(traced(twoChildren), async (page) => {
      expect(await page.textContent('#check-spin')).toContain('Nothing found');
      expect(await page.textContent('#check-slow')).toContain('sluggish held the loop for 25 ms');
      expect(await page.locator('[id^=check-]').count()).toBe(8);
    });
    const quiet = traced((run) => {
      run.child('only', 3 * MS);
      while (run.watch.size > 0) run.turn(1);
    });
    await withReport(quiet, async (page) => {
      expect(await page.textContent('#findings .good')).toBe('Nothing found.');
      expect(await page.locator('.finding').count()).toBe(0);
    });
  });

  it('the chain of a child is in words, and each link leads to its event', async () => {
    await withReport(traced(twoChildren), async (page) => {
      const story = page.locator('.child').first();
      expect(await story.textContent()).toMatch(/exited with 0 after .*SIGCHLD was read/);
      await story.getByText('SIGCHLD was read').click();
      await frame(page);
      expect(await page.textContent('.details h3')).toBe('signalfd_record');
      const led = await page.locator('.details .columns > div').allTextContents();
      expect(led[0]).toContain('death of first');
      expect(led[1]).toContain('child_reap first');
      expect((await shown(page)).lit).toBeGreaterThan(6);
    });
  });

  it('the machine is drawn after the event that is selected, and steps', async () => {
    await withReport(traced(twoChildren), async (page) => {
      const machine = page.locator('#machine');
      await page.locator('.child').first().getByText('SIGCHLD was read').click();
      expect(await machine.textContent()).toContain('after signalfd_record');
      expect(await machine.locator('.zombie').textContent()).toMatch(/first \d+ zombie/);
      const forth = machine.getByLabel('the next event');
      const place = machine.locator('[role=status]');
      while (!(await place.textContent())!.includes('after aio_bh_enqueue')) await forth.click();
      expect(await machine.locator('.chain').first().textContent()).toContain('sigchld_bh');
      // The reap comes an iteration later, by that bottom half.
      while (!(await place.textContent())!.includes('after child_reap')) await forth.click();
      expect(await machine.locator('.zombie').count()).toBe(0);
      await machine.getByLabel('the event before').click();
      expect(await machine.locator('.zombie').count()).toBe(1);
      await machine.getByLabel('second: mark its events').click();
      await frame(page);
      // Its spawn, so far; its record and reap come later.
      expect(await page.getAttribute('canvas', 'data-marked')).toBe('3');
    });
  });

  it('hovering describes a node, a click selects it, Escape deselects it', async () => {
    await withReport(traced(twoChildren), async (page) => {
      const { x, y } = await pointAt(page, 2 * MS);
      await page.mouse.move(x, y);
      await page.waitForSelector('.tooltip b', { state: 'visible' });
      expect(await page.textContent('.tooltip b')).toBe('main_loop_wait 2');
      await page.mouse.click(x, y);
      await frame(page);
      expect(await page.textContent('.details h3')).toBe('main_loop_wait 2');
      expect((await shown(page)).lit).toBeGreaterThan(0);
      await page.focus('canvas');
      await page.keyboard.press('Escape');
      await frame(page);
      expect((await shown(page)).lit).toBe(0);
    });
  });

  it('the wheel zooms at the pointer, dragging and keys pan, All shows all', async () => {
    await withReport(traced(twoChildren), async (page) => {
      const whole = await shown(page);
      const at = 6 * MS;
      const { x, y } = await pointAt(page, at);
      await page.mouse.move(x, y);
      await page.mouse.wheel(0, -500);
      await expect.poll(async () => (await shown(page)).to).toBeLessThan(whole.to);
      await frame(page);
      const near = await shown(page);
      expect(near.from).toBeLessThan(at);
      expect(near.to).toBeGreaterThan(at);
      expect(Math.abs((await pointAt(page, at)).x - x)).toBeLessThan(2);
      await page.mouse.down();
      await page.mouse.move(x - 120, y, { steps: 4 });
      await page.mouse.up();
      await frame(page);
      const dragged = await shown(page);
      expect(dragged.from).toBeGreaterThan(near.from);
      expect(dragged.to - dragged.from).toBeCloseTo(near.to - near.from, -1);
      await page.focus('canvas');
      await page.keyboard.press('ArrowLeft');
      await frame(page);
      expect((await shown(page)).from).toBeLessThan(dragged.from);
      await page.getByRole('button', { name: 'show the whole run' }).click();
      await frame(page);
      expect(await shown(page)).toMatchObject({ from: whole.from, to: whole.to });
    });
  });

  it('a search finds events by name and by arguments', async () => {
    const trace = traced(twoChildren);
    const reaps = trace.events.filter(({ name }) => name === 'child_reap').length;
    await withReport(trace, async (page) => {
      await page.fill('input[type=search]', 'child_reap');
      await page.keyboard.press('Enter');
      await frame(page);
      expect(await page.textContent('#found')).toBe(`1 of ${reaps} found`);
      expect(await page.textContent('.details h3')).toBe('child_reap first');
      await page.keyboard.press('Enter');
      expect(await page.textContent('.details h3')).toBe('child_reap second');
      await page.fill('input[type=search]', 'no such thing');
      await expect.poll(() => page.textContent('#found')).toBe('0 found');
    });
  });

  it('tables are sorted by a click on a heading', async () => {
    await withReport(traced(twoChildren), async (page) => {
      const first = (): Promise<string | null> =>
        page.textContent('#callbacks tbody tr:first-child td:nth-child(2)');
      expect(await first()).toBe('sluggish');
      await page.click('#callbacks th:nth-child(3) button');
      const calls = await page.locator('#callbacks tbody td:nth-child(3)').allTextContents();
      expect(calls.map(Number)).toEqual(calls.map(Number).sort((a, b) => b - a));
    });
  });

  it('is light or dark, as the system or the switch says', async () => {
    const colour = (page: Page) =>
      page.$eval('body', (body) => getComputedStyle(body).backgroundColor);
    const [light, dark] = ['rgb(246, 247, 249)', 'rgb(18, 22, 28)'];
    const trace = traced(twoChildren);
    await withReport(
      trace,
      async (page) => {
        expect(await colour(page)).toBe(dark);
        await page.click('#theme');
        expect(await colour(page)).toBe(light);
        expect(await page.textContent('#theme')).toBe('theme: light');
      },
      { colorScheme: 'dark' },
    );
    await withReport(trace, async (page) => {
      expect(await colour(page)).toBe(light);
    });
  });

  it('fits into 360 pixels', async () => {
    await withReport(
      traced(twoChildren),
      async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(360);
        await page.click('#check-slow .places button');
        await frame(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      },
      { width: 360 },
    );
  });

  it('shows hostile text as text', async () => {
    const texts = [
      '</script><script>window.pwned = 1</script>',
      '<img src=x onerror="window.pwned = 1">',
      '<!-- \u2028 \u2029 --> javascript:window.pwned=1 </style></title>',
    ];
    const trace = traced((run) => {
      const bhs = texts.map((name) => run.loop.newBottomHalf(name, () => {}));
      for (const name of texts) run.child(name, 4 * MS);
      for (const bh of bhs) bh.schedule();
      run.timer(texts[1]!, MS, () => run.host.advance(30 * MS));
      while (run.watch.size > 0) run.turn(1);
      for (const bh of bhs) bh.dispose();
    });
    const use = async (page: Page): Promise<void> => {
      expect(await page.locator('.source').textContent()).toBe(texts.join(' '));
      const heads = await page.locator('.child h3').allTextContents();
      for (const text of texts) expect(heads.some((head) => head.startsWith(text))).toBe(true);
      await page.click('#check-slow .places button');
      await page.fill('input[type=search]', '<img');
      await page.keyboard.press('Enter');
      const { x, y } = await pointAt(page, MS);
      await page.mouse.move(x, y);
      await frame(page);
      expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('script').count()).toBe(2);
    };
    await withReport(trace, use, { title: texts.join(' ') });
  });

  it('100,000 events stay smooth: no frame draws many more boxes than it has pixels', async () => {
    const trace = busy(100_000);
    expect(trace.events.length).toBeGreaterThanOrEqual(100_000);
    await withReport(trace, async (page) => {
      const rows = 14;
      const most = 1200 * rows;
      const { x, y } = await pointAt(
        page,
        (trace.events.at(-1)!.timeNs - trace.events[0]!.timeNs) / 2,
      );
      await page.mouse.move(x, y);
      const times = await page.evaluate(framesOfZoom, [x, y] as const);
      expect((await shown(page)).boxes).toBeLessThan(most);
      times.sort((a, b) => a - b);
      const at = (share: number): string =>
        times[Math.floor(share * (times.length - 1))]!.toFixed(1);
      process.stdout.write(
        `frames while zooming over ${trace.events.length} events: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms\n`,
      );
      expect(times.length).toBe(60);
    });
  });
});

/** Zooms in and out, a step a frame. Returns what each frame took, in ms. Runs in the page. */
function framesOfZoom([x, y]: readonly [number, number]): Promise<number[]> {
  const canvas = document.querySelector('canvas')!;
  return new Promise((done) => {
    const times: number[] = [];
    let last = performance.now();
    let step = 0;
    const next = (): void => {
      const now = performance.now();
      if (step > 0) times.push(now - last);
      last = now;
      if (step === 60) {
        done(times);
        return;
      }
      const deltaY = step++ % 30 < 15 ? -120 : 120;
      const wheel = { deltaY, clientX: x, clientY: y, bubbles: true, cancelable: true };
      canvas.dispatchEvent(new WheelEvent('wheel', wheel));
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
}

/** A run of at least this many events, of fds, bottom halves, timers, and children. */
function busy(events: number): ReportTrace {
  return traced((run) => {
    const { rig, loop, host, turn } = run;
    const [read, write] = rig.pipe();
    const bh = loop.newBottomHalf('worker', () => host.advance(2000));
    const watched = loop.setFdHandler(read, {
      name: 'reader',
      ioRead: () => {
        rig.drain(read);
        bh.schedule();
        host.advance(1000);
      },
    });
    // The least number of events in a round of this loop.
    const perRound = 24;
    for (let i = 0; i < events / perRound; i++) {
      if (i % 100 === 0) run.child(`child ${i}`, (1 + (i % 7)) * MS);
      host.at(host.nowNs + 100_000, () => rig.kick(write));
      turn(2);
    }
    while (run.watch.size > 0) turn(1);
    watched.dispose();
    bh.dispose();
  });
}
