/** A headless Chromium, and a page of a report in it. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { ReportTrace } from '../../../src/cli/report/facts.ts';
import { renderHtml } from '../../../src/cli/report/html.ts';
import { packTrace } from '../../../src/cli/report/pack.ts';
import { root } from '../../support/run.ts';

/** Set on machines without a browser: the browser tests are then reported as skipped. */
export const NO_BROWSER = process.env.QEMU_LOOP_NO_BROWSER === '1';

export interface PageOptions {
  readonly title?: string;
  readonly slowNs?: number;
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** An open report, and everything that went wrong in it. */
export interface OpenReport {
  readonly page: Page;
  /** Errors, and messages to the console. */
  readonly problems: string[];
  /** Addresses that the page requested. */
  readonly requests: string[];
  /** Leaves the page to the next report, and removes its file. */
  close(): Promise<void>;
}

/** A page that shows no report any more: each page is a process, which takes a second to start. */
const free = new WeakMap<Browser, Page>();

/** Writes a report, opens it, and waits until it is drawn. */
export async function openReport(
  browser: Browser,
  trace: ReportTrace,
  { title = 'a run', slowNs = 10e6, width = 1200, colorScheme = 'light' }: PageOptions = {},
): Promise<OpenReport> {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-page-'));
  const file = join(dir, 'report.html');
  const read = (name: string): string => readFileSync(join(root, 'dist', name), 'utf8');
  const parts = { script: read('report-page.js'), style: read('report-page.css') };
  writeFileSync(file, renderHtml(parts, { title, slowNs, trace: packTrace(trace) }));
  const page = free.get(browser) ?? (await browser.newPage());
  free.delete(browser);
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  await page.mouse.move(0, 0);
  const [problems, requests]: [string[], string[]] = [[], []];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => problems.push(message.text()));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('canvas[data-boxes]');
  return {
    page,
    problems,
    requests,
    close: async () => {
      page.removeAllListeners();
      free.set(browser, page);
      rmSync(dir, { recursive: true });
    },
  };
}
