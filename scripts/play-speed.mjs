// Measures the playground's page: its size, how long it takes to open, and how many frames a second are drawn
// while a storm of 100,000 events plays. Needs `npm run build`, or takes the page that is named:
// node scripts/play-speed.mjs [PAGE]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { importTs } from './import-ts.mjs';

const { launchChromium } = await importTs('tests/support/chromium.ts');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-speed-'));

/** Three children that die, signals, and a bottom half for each of 100,000 events. */
const STORM = `name: storm of 100,000
bottom_halves: {a: {}, b: {}}
signals: {SIGUSR1: {do: [{schedule: b}]}}
timeline: [{at: 1ms, do: [{schedule: b}]}]
steps: [settle, {repeat: {times: 3450, do: [{schedule: a}, {raise: SIGUSR1}, step]}}]
`;
const SPEEDS = [100, 1000, 10_000];
const PLAYED_MS = 4000;

async function opened(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  const begin = performance.now();
  await page.goto(url);
  await page.waitForSelector('html[data-ready] .stage[data-event]');
  return { page, ms: performance.now() - begin };
}

/** Plays for a while. Returns the frames that were drawn, and the events that went by, in a second. */
async function played(page, speed) {
  await page.selectOption('select[aria-label="events a second"]', String(speed));
  return page.evaluate(async (forMs) => {
    const slider = document.querySelector('.slider');
    document.querySelector('#start').click();
    document.querySelector('#play').click();
    const begin = performance.now();
    let [frames, longest, last] = [0, 0, begin];
    while (last - begin < forMs) {
      const now = await new Promise((done) => requestAnimationFrame(done));
      longest = Math.max(longest, now - last);
      last = Math.max(last, now);
      frames++;
    }
    const events = Number(slider.value);
    document.querySelector('#play').click();
    const seconds = (last - begin) / 1000;
    return { frames: frames / seconds, events: events / seconds, longest };
  }, PLAYED_MS);
}

const browser = await launchChromium();
try {
  const file = process.argv[2] ?? join(dir, 'play.html');
  if (process.argv[2] === undefined) {
    execFileSync(process.execPath, [join(root, 'dist', 'qemu-loop.cjs'), 'play', '-o', file]);
  }
  const html = readFileSync(file);
  const say = (text) => process.stdout.write(`${text}\n`);
  say(
    `size: ${Math.round(html.length / 1000)} kB, ${Math.round(gzipSync(html).length / 1000)} kB packed`,
  );
  const times = [];
  for (let i = 0; i < 3; i++) {
    const { page, ms } = await opened(browser, pathToFileURL(file).href);
    times.push(ms);
    await page.close();
  }
  say(`opens in: ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
  const { page } = await opened(browser, pathToFileURL(file).href);
  await page.click('.cm-content');
  await page.keyboard.press('Control+a');
  const begin = performance.now();
  await page.keyboard.insertText(STORM);
  await page.waitForSelector('.outcome.good:has-text("storm of 100,000")', { timeout: 120_000 });
  const events = (await page.textContent('.place')).match(/of (\d+)/)[1];
  say(`checks and runs a storm of ${events} events: ${Math.round(performance.now() - begin)} ms`);
  for (const speed of SPEEDS) {
    const { frames, events: went, longest } = await played(page, speed);
    say(
      `plays at ${speed} events/s: ${frames.toFixed(0)} frames/s, ${went.toFixed(0)} events/s, longest frame ${longest.toFixed(0)} ms`,
    );
  }
} finally {
  await browser.close();
  rmSync(dir, { recursive: true });
}
