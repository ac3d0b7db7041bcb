/** The page of a run with several threads, and the axis of one step for each event. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../support/chromium.ts';
import { NO_BROWSER, openReport, type PageOptions } from './browser.ts';
import { story, traceOf } from './scenarios.ts';

let browser: Browser;

beforeAll(async () => {
  if (!NO_BROWSER) browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

async function withStory(
  name: string,
  use: (page: Page) => Promise<void>,
  options?: PageOptions,
): Promise<void> {
  const report = await openReport(browser, await traceOf(story(name)), options);
  try {
    await use(report.page);
    expect(report.problems).toEqual([]);
  } finally {
    await report.close();
  }
}

const data = (page: Page) => page.$eval('canvas', ({ dataset }) => ({ ...dataset }));

async function frame(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        requestAnimationFrame(() => requestAnimationFrame(() => done()));
      }),
  );
}

describe.skipIf(NO_BROWSER)(
  'the page of a run with threads (skipped by QEMU_LOOP_NO_BROWSER=1)',
  () => {
    it('has a table of the waits for the BQL, which leads to the longest', async () => {
      await withStory('threads/big-lock-convoy', async (page) => {
        const rows = await page.locator('#contention tbody tr').allTextContents();
        expect(rows[0]).toMatch(/^main loop8125 ms25 mscpu0 \(25 ms\)/);
        expect(rows[1]).toMatch(/^cpu0700 ns––25 ms/);
        expect(await page.textContent('.cards')).toContain('25 ms waited for the BQL');
        expect(await page.textContent('.keys')).toContain('hold that others wait for');
        await page.locator('#contention tbody button').first().click();
        await frame(page);
        expect(await page.textContent('.details h3')).toBe('wait for the BQL');
        expect(await page.textContent('.details')).toMatch(/took 25 ms in main loop/);
        // With the holds that it was behind.
        expect(await page.textContent('.columns')).toContain('hold of the BQL');
        expect(Number((await data(page)).lit)).toBeGreaterThanOrEqual(7);
      });
    });

    it('has a table of the waits to run alone, and to begin a program', async () => {
      await withStory('threads/runs-alone', async (page) => {
        expect(await page.textContent('#exclusive h2')).toBe('vCPUs that run alone');
        const rows = await page.locator('#exclusive tbody tr').allTextContents();
        expect(rows[0]).toMatch(/^cpu02150 µs50 µscpu1 \(50 µs\)/);
        expect(rows[1]).toMatch(/^cpu11110 µs10 µscpu0 \(10 µs\)/);
        await page.locator('#exclusive tbody button').first().click();
        await frame(page);
        expect(await page.textContent('.details h3')).toBe('wait to begin its program');
        expect(await page.textContent('.keys')).toContain('runs alone');
      });
    });

    it('hovering the lines of a thread and of the BQL names the thread', async () => {
      await withStory('threads/big-lock-convoy', async (page) => {
        const box = (await page.locator('canvas').boundingBox())!;
        const titles = new Set<string>();
        for (let y = 40; y < box.height; y += 8) {
          await page.mouse.move(box.x + box.width * 0.3, box.y + y);
          const tooltip = page.locator('.tooltip');
          if (await tooltip.isVisible()) titles.add((await tooltip.allInnerTexts())[0]!);
        }
        const all = [...titles].join('\n');
        expect(all).toMatch(/^wait for the BQL\nat 39 ns, for 25 ms in main loop/m);
        expect(all).toMatch(/^hold of the BQL\nat .*, for 5 ms in cpu0/m);
      });
    });

    it('a time in which little can be told apart gives way to one step for each event', async () => {
      await withStory('sigchld', async (page) => {
        const before = await data(page);
        expect(before.axis).toBe('steps');
        expect(await page.textContent('#axis')).toBe('axis: steps');
        await page.click('#axis');
        await frame(page);
        const after = await data(page);
        expect(after.axis).toBe('time');
        expect(Number(after.boxes)).toBeLessThan(Number(before.boxes) / 2);
        await page.click('#axis');
        await frame(page);
        expect((await data(page)).from).toBe(before.from);
        const link = page.locator('.child button', { hasText: 'SIGCHLD was read' });
        await link.first().click();
        await frame(page);
        const near = await data(page);
        expect(Number(near.to) - Number(near.from)).toBeLessThan(
          Number(before.to) - Number(before.from),
        );
      });
      await withStory('threads/big-lock-convoy', async (page) => {
        expect((await data(page)).axis).toBe('time');
      });
    });

    it.each([390, 1280, 1920])(
      'fits into %d px, with the theme beside the title',
      async (width) => {
        await withStory(
          'threads/hog',
          async (page) => {
            expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
            const theme = (await page.locator('#theme').boundingBox())!;
            // One line of text, and not a letter a line.
            expect(theme.height).toBeLessThan(40);
            expect((await page.locator('h1').boundingBox())!.height).toBeLessThan(40);
          },
          { width },
        );
      },
    );
  },
);
