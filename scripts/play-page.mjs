// Makes docs/play.html, and its pictures. Needs `npm run build`.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { importTs } from './import-ts.mjs';

const { launchChromium } = await importTs('tests/support/chromium.ts');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs', 'play.html');
execFileSync(process.execPath, [join(root, 'dist', 'qemu-loop.cjs'), 'play', '-o', page]);

/** The moment at which sigchld_bh is scheduled. */
const PLACE = '#story=scenarios%2Fsigchld.yaml&at=52';
const PICTURES = [
  { name: 'play', width: 1600, height: 1000 },
  { name: 'play-phone', width: 390, height: 1500 },
  { name: 'play-4k', width: 3840, height: 1700 },
].flatMap(({ name, ...size }) => [
  { name: `${name}.png`, ...size, colorScheme: 'light' },
  { name: `${name}-dark.png`, ...size, colorScheme: 'dark' },
]);

const browser = await launchChromium();
try {
  for (const { name, width, height, colorScheme } of PICTURES) {
    const tab = await browser.newPage({ viewport: { width, height }, colorScheme });
    await tab.goto(pathToFileURL(page).href + PLACE);
    await tab.waitForSelector('.stage[data-event="51"]');
    await tab.screenshot({ path: join(root, 'docs', name) });
    await tab.close();
  }
} finally {
  await browser.close();
}
