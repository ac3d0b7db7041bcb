/** The page of a simulated run, whose clock begins at 1,000 s. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { launchChromium } from '../../support/chromium.ts';
import { run } from '../../support/run.ts';
import { NO_BROWSER } from './browser.ts';

it.skipIf(NO_BROWSER)('shows a simulated run in times from its start on', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-scenario-page-'));
  const browser = await launchChromium();
  try {
    const [file, html] = [join(dir, 'late.yaml'), join(dir, 'late.html')];
    writeFileSync(
      file,
      'name: late\nchildren: {c: {exit: 3}}\nsteps: [settle, {spawn: c}, {wait_for: 40ms}, step, step]\n',
    );
    const made = await run(['run', '--report', html, file]);
    expect(made.stderr).toContain('1 zombie grew older than 10 ms');
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector('canvas[data-boxes]');
    const shown = await page.$eval('canvas', ({ dataset }) => [dataset.from, dataset.to]);
    const [from, to] = shown.map(Number) as [number, number];
    expect(from).toBeGreaterThan(-1e6);
    expect(from).toBeLessThanOrEqual(0);
    expect(to).toBeGreaterThan(40e6);
    expect(to).toBeLessThan(42e6);
    expect(await page.textContent('body')).toMatch(/It was started at \d+ ns\. It exited with 3/);
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
    rmSync(dir, { recursive: true });
  }
});
