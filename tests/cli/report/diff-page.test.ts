import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../support/chromium.ts';
import { run } from '../../support/run.ts';
import { NO_BROWSER } from './browser.ts';
import { savedRuns } from './saved-runs.ts';

describe.skipIf(NO_BROWSER)('the page of a comparison (skipped by QEMU_LOOP_NO_BROWSER=1)', () => {
  let browser: Browser;
  let runs: ReturnType<typeof savedRuns>;
  const path = (name: string): string => runs.path(name);
  beforeAll(async () => {
    runs = savedRuns();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    runs.remove();
  });

  /** Opens the comparison of two of the traces, uses it, and sees that nothing went wrong. */
  async function open(a: string, b: string, width: number, use: (page: Page) => Promise<void>) {
    const file = path(`${a}-${b}.html`);
    await run(['report', '--diff', path(`${a}.json`), path(`${b}.json`), '-o', file]);
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(pathToFileURL(file).href);
    await page.waitForFunction(() => document.querySelectorAll('canvas[data-boxes]').length === 2);
    await use(page);
    expect(problems).toEqual([]);
    await page.close();
  }

  it('opens at the first difference; the buttons and keys go to the others', async () => {
    await open('ab', 'ba', 1280, async (page) => {
      expect(await page.textContent('#verdict')).toMatch(/^The first difference is event \d+ of A/);
      const here = page.locator('.diff li.here');
      await expect.poll(() => here.count()).toBe(1);
      expect(await here.getAttribute('class')).toContain('first');
      const first = await here.textContent();
      expect(first).toContain('bh a');
      expect(await page.locator('canvas').first().getAttribute('data-axis')).toBe('steps');
      await page.keyboard.press('n');
      expect(await here.textContent()).not.toBe(first);
      await page.getByRole('button', { name: 'the difference before' }).click();
      expect(await here.textContent()).toBe(first);
      const all = await page.locator('.diff li').count();
      await page.check('#only');
      expect(await page.locator('.diff li').count()).toBeLessThan(all);
      expect(await page.locator('.diff li:not(.changed, .only-a, .only-b)').count()).toBe(0);
    });
  });

  it('two runs that are the same have nothing to go to; the page fits into 390 pixels', async () => {
    await open('ab', 'ab', 390, async (page) => {
      expect(await page.textContent('#verdict')).toMatch(/^The runs are the same/);
      expect(await page.isDisabled('#first')).toBe(true);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(390);
    });
  });
});
