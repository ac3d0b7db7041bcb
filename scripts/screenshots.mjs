// Makes the pictures of docs/ from real runs. Needs `npm run build`.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { importTs } from './import-ts.mjs';

const { launchChromium } = await importTs('tests/support/chromium.ts');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const command = join(root, 'dist', 'qemu-loop.cjs');
const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-pictures-'));

// The two that sleep alike die together, and now and then share a SIGCHLD.
const COMMANDS = [
  'sleep 0.2; exit 3',
  'kill -9 $$',
  'seq 1 200000 | sort -R | tail -1 >/dev/null',
  'sleep 0.1',
  'sleep 0.1; exit 1',
];

function makeReport() {
  const trace = join(dir, 'run.trace');
  const page = join(dir, 'report.html');
  const spawns = COMMANDS.flatMap((text) => ['--spawn', text]);
  const args = [command, '--quiet', '--trace-file', `simple:${trace}`, ...spawns];
  // Its exit status is that of the first child that fails.
  spawnSync(process.execPath, args, { stdio: 'inherit' });
  const title = `qemu-loop ${COMMANDS.map((text) => `--spawn '${text}'`).join(' ')}`;
  execFileSync(process.execPath, [command, 'report', trace, '-o', page, '--title', title]);
  return pathToFileURL(page).href;
}

/** The big lock's convoy, on the simulated kernel. */
function makeLockReport() {
  const page = join(dir, 'lock.html');
  const story = 'scenarios/threads/big-lock-convoy.yaml';
  execFileSync(process.execPath, [command, 'run', '--report', page, story], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return pathToFileURL(page).href;
}

/** A picture of the timeline and the table of the lock. */
async function lockPicture(browser, url) {
  const viewport = { width: 1200, height: 860 };
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  await page.goto(url);
  await page.waitForSelector('canvas[data-boxes]');
  await page.locator('#contention tbody button').first().click();
  await drawn(page);
  const boxOf = (selector) => page.locator(selector).boundingBox();
  const [top, bottom] = [await boxOf('#timeline'), await boxOf('#contention')];
  const { x, y, width } = top;
  const clip = { x, y: y + (await page.evaluate(() => scrollY)), width };
  const height = bottom.y + bottom.height - y;
  await page.screenshot({
    path: join(root, 'docs', 'lock.png'),
    fullPage: true,
    clip: { ...clip, height },
  });
  await page.close();
}

const drawn = (page) =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );

/** A picture of the page, with the chain of its first child lit up. */
async function picture(browser, url, { name, width, height, colorScheme }) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(url);
  await page.waitForSelector('canvas[data-boxes]');
  await page
    .getByText('reaped', { exact: false })
    .and(page.locator('.child button'))
    .last()
    .click();
  await drawn(page);
  await page.screenshot({ path: join(root, 'docs', name) });
  await page.close();
}

try {
  const url = makeReport();
  const browser = await launchChromium();
  try {
    const size = { width: 1200, height: 860 };
    await picture(browser, url, { name: 'report.png', colorScheme: 'light', ...size });
    await picture(browser, url, { name: 'report-dark.png', colorScheme: 'dark', ...size });
    await lockPicture(browser, makeLockReport());
  } finally {
    await browser.close();
  }
} finally {
  rmSync(dir, { recursive: true });
}
