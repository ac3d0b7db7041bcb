// Makes pictures of each page at three widths, light and dark, to be looked at:
// node scripts/page-pictures.mjs DIR [NAME]. Needs `npm run build`.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { importTs } from './import-ts.mjs';

const [dir, only = ''] = process.argv.slice(2);
if (dir === undefined) {
  process.stderr.write('usage: node scripts/page-pictures.mjs DIR [NAME]\n');
  process.exit(2);
}
const { launchChromium } = await importTs('tests/support/chromium.ts');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const command = join(root, 'dist', 'qemu-loop.cjs');
mkdirSync(dir, { recursive: true });

const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
  { width: 3840, height: 2160 },
];

const READY = 'html[data-ready] .stage[data-event], canvas[data-boxes], .story-drawing';

/** Five mistakes that people make. */
const MISTAKES = {
  word: 'steps: [{shedule: a}]',
  duration: 'steps: [{block: 10}]',
  name: 'steps: [{schedule: b}]',
  signal: 'steps: [{raise: SIGUSR9}]',
  bracket: 'steps: [{schedule: a}',
};

/** Runs the command; its exit status is that of what it ran. */
function make(name, args) {
  const page = join(dir, `${name}.html`);
  spawnSync(process.execPath, [command, ...args.map((arg) => (arg === 'PAGE' ? page : arg))], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return pathToFileURL(page).href;
}

async function typed(tab, text) {
  await tab.click('.cm-content');
  await tab.keyboard.press('Control+a');
  await tab.keyboard.insertText(text);
}

const long =
  'a story with a name that is much longer than anybody would expect it to be, on any screen';
const unbroken = `name${'_of_one_word'.repeat(12)}`;

const PLAY = {
  start: { hash: '' },
  middle: { hash: '#story=scenarios%2Fsigchld.yaml&at=52' },
  picked: {
    hash: '#story=scenarios%2Fsigchld.yaml&at=52',
    use: async (tab) => {
      await tab.locator('.stage .thing').first().click();
      await tab.click('text=stop whenever it comes');
    },
  },
  focus: {
    hash: '#story=scenarios%2Fsigchld.yaml&at=52',
    use: async (tab) => {
      await tab.locator('#step').focus();
      await tab.keyboard.press('Tab');
      await tab.keyboard.press('Shift+Tab');
    },
  },
  whatif: {
    hash: '#story=scenarios%2Fsigchld-coalescing.yaml&at=40&without=one_waitpid',
    wait: '.differs',
  },
  barrier: {
    hash: '#story=scenarios%2Fsigchld.yaml&at=52&barrier=aio_notify.smp_mb',
    wait: '.drawings svg',
  },
  orders: {
    hash: '#story=scenarios%2Frare-order.yaml',
    use: async (tab) => {
      await tab.click('#orders button');
      await tab.waitForSelector('.orders li');
    },
  },
  'orders-many': {
    hash: '#story=scenarios%2Fstorm.yaml',
    use: async (tab) => {
      await tab.click('#orders button');
      await tab.waitForSelector('.orders li', { timeout: 120_000 });
    },
  },
  threads: { hash: '#story=scenarios%2Fthreads%2Fbig-lock-convoy.yaml&at=100' },
  long: {
    hash: '',
    use: async (tab) => {
      await typed(
        tab,
        `name: "${long}"\nbottom_halves: {"${unbroken}": {}}\ntimers: {"${long}": {}}\nsteps: [settle, {arm: {"${long}": 5ms}}, {schedule: "${unbroken}"}, step]\nexpect: {order: [${unbroken}, ${unbroken}]}\n`,
      );
      await tab.waitForFunction(() =>
        /failed/.test(document.querySelector('.outcome').textContent),
      );
      await tab.keyboard.press('Escape');
      await tab.click('#end');
    },
  },
  ...Object.fromEntries(
    Object.entries(MISTAKES).map(([name, line]) => [
      `mistake-${name}`,
      {
        hash: '',
        use: async (tab) => {
          await typed(tab, `name: x\nbottom_halves: {a: {}}\n${line}\n`);
          await tab.waitForSelector('.cm-lintRange-error, .cm-lintPoint-error');
        },
        each: async (tab) => {
          await tab.mouse.move(1, 1);
          await tab.locator('.cm-lintRange-error, .cm-lintPoint-error').first().hover();
          await tab.waitForSelector('.cm-tooltip-lint, .cm-diagnostic');
        },
      },
    ]),
  ),
  complete: {
    hash: '',
    use: async (tab) => {
      await typed(tab, 'name: x\nbottom_halves: {a: {}}\nsteps: [{');
      await tab.keyboard.type('sche');
      await tab.waitForSelector('.cm-tooltip-autocomplete li');
      await tab.waitForTimeout(500);
    },
  },
  empty: {
    hash: '',
    use: async (tab) => {
      await typed(tab, ' ');
      await tab.waitForSelector('.outcome.bad');
    },
  },
};

/** One page, at each size. @param each done before each picture, @param use once */
async function shots(browser, name, url, { use, each, wait } = {}) {
  const tab = await browser.newPage({ viewport: SIZES[1] });
  try {
    await tab.goto(url);
    await tab.waitForSelector(READY, { timeout: 60_000 });
    if (wait !== undefined) await tab.waitForSelector(wait, { timeout: 60_000 });
    await use?.(tab);
    for (const size of SIZES) {
      await tab.setViewportSize(size);
      for (const colorScheme of ['light', 'dark']) {
        await tab.emulateMedia({ colorScheme });
        await each?.(tab);
        await tab.waitForTimeout(200);
        const path = join(dir, `${name}-${size.width}-${colorScheme}.png`);
        await tab.screenshot({ path, fullPage: each === undefined });
      }
    }
  } catch (error) {
    process.stderr.write(`${name}: ${error.message.split('\n')[0]}\n`);
  }
  await tab.close();
}

const browser = await launchChromium();
try {
  const play = make('play', ['play', '-o', 'PAGE']);
  for (const [name, state] of Object.entries(PLAY)) {
    if (`play-${name}`.startsWith(only))
      await shots(browser, `play-${name}`, play + state.hash, state);
  }
  const reports = {
    'report-chain': ['run', '--report', 'PAGE', 'scenarios/sigchld.yaml'],
    'report-bug': ['run', '--report', 'PAGE', 'scenarios/undrained.yaml'],
    'report-threads': ['run', '--report', 'PAGE', 'scenarios/threads/big-lock-convoy.yaml'],
    'report-real': [
      '--quiet',
      '--report',
      'PAGE',
      '--spawn',
      'sleep 0.2; exit 3',
      '--spawn',
      'kill -9 $$',
    ],
    'explore-story': ['explore', 'aio_notify', '--without', 'smp_mb', '--html', 'PAGE'],
    'explore-three': ['explore', 'bql', '--without', 'wanted', '--html', 'PAGE'],
  };
  for (const [name, args] of Object.entries(reports)) {
    if (name.startsWith(only)) await shots(browser, name, make(name, args));
  }
} finally {
  await browser.close();
}
