/** The playground's page, in a browser. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../support/chromium.ts';
import { root, run } from '../../support/run.ts';
import { NO_BROWSER } from '../report/browser.ts';

let browser: Browser;
/** The same for all tests: a page of its own is a process of its own, which takes a second to start. */
let page: Page;
let opened = 0;
let dir: string;
let address: string;

beforeAll(async () => {
  if (NO_BROWSER) return;
  dir = mkdtempSync(join(tmpdir(), 'qemu-loop-play-'));
  const file = join(dir, 'play.html');
  execFileSync(process.execPath, [join(root, 'dist', 'qemu-loop.cjs'), 'play', '-o', file]);
  address = pathToFileURL(file).href;
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(address);
});
afterAll(async () => {
  await browser?.close();
  if (dir !== undefined) rmSync(dir, { recursive: true });
});

interface Opened {
  readonly page: Page;
  /** Errors of the page, and the addresses that it asked for. */
  readonly problems: string[];
  readonly requests: string[];
}

/** How a link is opened. */
interface Opening {
  /** In a tab of its own: by default in the one that has the page already, which takes less time. */
  readonly anew?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** Opens a link to the page, uses it, and sees that nothing went wrong and nothing was fetched. */
async function withPage(
  hash: string,
  use: (opened: Opened) => Promise<void>,
  { anew = false, width = 1400, height = 900 }: Opening = {},
): Promise<void> {
  await page.setViewportSize({ width, height });
  const seen: Opened = { page, problems: [], requests: [] };
  page.on('pageerror', (error) => seen.problems.push(String(error)));
  page.on('console', (message) => seen.problems.push(message.text()));
  page.on('request', (request) => seen.requests.push(request.url()));
  opened++;
  try {
    // With a part of its own, so that it is another address each time.
    if (anew) await page.goto(`${address}?${opened}${hash}`);
    else await openHere(`${hash || '#'}&nth=${opened}`);
    await page.waitForSelector('html[data-ready]');
    await page.waitForSelector('.stage[data-event]');
    await use(seen);
    expect(seen.problems).toEqual([]);
    const others = seen.requests.filter((url) => !/^(file|blob|data):/.test(url));
    expect(others).toEqual([]);
  } finally {
    page.removeAllListeners();
  }
}

/** As if a person pasted a link into the address line of the tab. */
async function openHere(hash: string): Promise<void> {
  await page.evaluate(async (text) => {
    (document.activeElement as HTMLElement | null)?.blur();
    const changed = new Promise((resolve) => {
      window.addEventListener('hashchange', resolve, { once: true });
    });
    location.hash = text;
    await changed;
  }, hash);
}

const place = (page: Page): Promise<string> => page.$eval('.place', (one) => one.textContent ?? '');
const picture = (page: Page): Promise<string> =>
  page.$eval('.stage', (one) => (one as HTMLElement).innerText);

/** Awaits the machine of the event that the slider shows. */
async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const stage = document.querySelector<HTMLElement>('.stage')!;
    return stage.dataset.event === document.querySelector<HTMLInputElement>('.slider')!.value;
  });
}

/** Replaces the text of the editor, and waits for what the page says about it. */
async function type(page: Page, text: string): Promise<void> {
  await page.click('.cm-content');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(text);
}

/** Little is drawn in it. */
const SMALL = { width: 400, height: 300 };

describe.skipIf(NO_BROWSER)('the playground (skipped by QEMU_LOOP_NO_BROWSER=1)', () => {
  it('each story runs in the browser as it does with the command', async () => {
    await withPage(
      '',
      async ({ page }) => {
        const stories = await page.$$eval('select[aria-label="a story"] option', (all) =>
          all.map((one) => (one as HTMLOptionElement).value).filter((path) => /^[^#]/.test(path)),
        );
        expect(stories.length).toBeGreaterThan(190);
        const told = stories.filter((path) => path.startsWith('scenarios/'));
        for (const path of told) {
          await page.selectOption('select[aria-label="a story"]', path);
          await page.waitForFunction(
            (one) => location.hash.includes(encodeURIComponent(one)),
            path,
          );
          await page.waitForSelector('.outcome.good');
        }
      },
      SMALL,
    );
  });

  it('a story of threads plays from its recording, with a lane for each thread', async () => {
    await withPage('#story=scenarios%2Fthreads%2Fbig-lock-convoy.yaml', async ({ page }) => {
      await page.waitForSelector('#timeline canvas[data-boxes]');
      expect(await page.textContent('.outcome')).toContain('qemu-loop run FILE');
      const lanes = await page.$$eval('.stage .lane h3', (all) =>
        all.map((one) => one.textContent),
      );
      expect(lanes).toEqual(['thread main loop', 'thread cpu0']);
      expect(await page.textContent('.outcome')).toMatch(/: passed, \d+ iterations/);
      const { stdout } = await run([
        'run',
        '--trace-file',
        `json:${join(dir, 'convoy.json')}`,
        'scenarios/threads/big-lock-convoy.yaml',
      ]);
      expect(stdout).toContain('passed');
      const traced = readFileSync(join(dir, 'convoy.json'), 'utf8').trim().split('\n').length;
      expect(await place(page)).toMatch(new RegExp(`^event 1 of ${traced}\\b`));
      await page.click('#end');
      const log = (): Promise<string | null> => page.textContent('.log');
      await expect.poll(log).toContain('cpu0');
      await page.click('#orders button');
      await page.waitForSelector('#orders .bad:has-text("`qemu-loop explore FILE`")');
      expect(await page.textContent('#what-if')).toContain('cannot be weakened here');
      expect(await page.$$('#what-if input:enabled')).toEqual([]);
      await page.selectOption('select[aria-label="a story"]', 'scenarios/sigchld.yaml');
      await page.waitForSelector('#what-if input:enabled');
    });
  });

  it('an edited story of threads says what it needs', async () => {
    await withPage('', async ({ page }) => {
      await type(page, 'name: mine\niothreads: {io0: {}}\nsteps: []\n');
      await page.waitForSelector('.outcome.bad');
      expect(await page.textContent('.outcome')).toMatch(/Threads need the command.*qemu-loop run/);
    });
  });

  it('a click on the timeline goes to the event, and the event is marked on it', async () => {
    await withPage('#story=scenarios%2Fsigchld.yaml&at=5', async ({ page }) => {
      const canvas = page.locator('#timeline canvas');
      await page.waitForSelector('#timeline canvas[data-boxes]');
      await canvas.scrollIntoViewIfNeeded();
      const before = await place(page);
      const box = (await canvas.boundingBox())!;
      // A box of the first row: an iteration.
      await page.mouse.click(box.x + box.width * 0.7, box.y + 26 + 16 + 9);
      await expect.poll(() => place(page)).not.toBe(before);
      expect(await canvas.getAttribute('data-axis')).toBe('steps');
      expect(Number(await canvas.getAttribute('data-lit'))).toBeGreaterThan(0);
    });
  });

  it('the order log is the command’s', async () => {
    const { stdout } = await run(['run', '--json', 'scenarios/sigchld-coalescing.yaml']);
    const { order } = JSON.parse(stdout.split('\n')[0]!).results[0];
    await withPage('#story=scenarios%2Fsigchld-coalescing.yaml&at=9999', async ({ page }) => {
      await page.$eval('.log-box', (box) => {
        box.scrollTop = 0;
      });
      const seen = new Set<string>();
      for (let y = 0; y < 4000; y += 300) {
        await page.$eval(
          '.log-box',
          (box, top) => {
            box.scrollTop = top;
            box.dispatchEvent(new Event('scroll'));
          },
          y,
        );
        const rows = await page.$$eval('.log b.order + span', (all) =>
          all.map((one) => one.textContent ?? ''),
        );
        for (const row of rows) seen.add(row);
      }
      expect([...seen]).toEqual(order.map(({ text }: { text: string }) => text));
    });
  });

  it('stepping forth and back comes to the same picture', async () => {
    await withPage('#story=scenarios%2Fsigchld.yaml&at=40', async ({ page }) => {
      await drawn(page);
      const before = [await place(page), await picture(page)];
      for (let i = 0; i < 7; i++) await page.click('#step');
      await drawn(page);
      expect(await place(page)).toMatch(/^event 47 of /);
      expect(await picture(page)).not.toBe(before[1]);
      for (let i = 0; i < 7; i++) await page.click('#back');
      await drawn(page);
      expect([await place(page), await picture(page)]).toEqual(before);
    });
  });

  it('plays to the end, and stops at a breakpoint', async () => {
    await withPage('#story=scenarios%2Fsigchld.yaml', async ({ page }) => {
      await page.selectOption('select[aria-label="events a second"]', '1000');
      await page.click('#play');
      await page.waitForFunction(() => {
        const slider = document.querySelector<HTMLInputElement>('.slider')!;
        return slider.value === slider.max;
      });
      await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'play');
      await page.click('.stage .thing:has-text("signalfd")');
      await page.click('text=stop whenever it comes');
      await page.click('#start');
      await page.click('#play');
      await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'play');
      expect(await place(page)).not.toMatch(/^event 1 of/);
      await page.click('.stop');
      expect(await page.$('.stop')).toBeNull();
    });
  });

  it('the keyboard plays and steps, and leaves the editor alone', async () => {
    await withPage('#story=scenarios%2Fsigchld.yaml', async ({ page }) => {
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      expect(await place(page)).toMatch(/^event 3 of/);
      await page.keyboard.press('ArrowLeft');
      expect(await place(page)).toMatch(/^event 2 of/);
      await page.keyboard.press('End');
      expect(await place(page)).toMatch(/^event (\d+) of \1,/);
      await page.keyboard.press('Home');
      await page.click('.cm-content');
      await page.keyboard.press('ArrowRight');
      expect(await place(page)).toMatch(/^event 1 of/);
    });
  });

  it('an edit runs on to the same place, and its text is never markup', async () => {
    await withPage('#story=scenarios%2Fsigchld.yaml&at=12', async ({ page }) => {
      const evil = '<img src=x onerror=alert(1)>';
      const text = `name: "${evil}"\nbottom_halves: {"${evil}": {}}\nsteps: [settle, {schedule: "${evil}"}, step]\nexpect: {order: ["${evil}", mlw]}\n`;
      await type(page, text);
      await page.waitForFunction(() =>
        document.querySelector('.outcome')!.textContent!.startsWith('<img'),
      );
      expect(await place(page)).toMatch(/^event 12 of/);
      await page.keyboard.press('Escape');
      await page.click('#end');
      await drawn(page);
      expect(await page.$$('img')).toHaveLength(0);
    });
  });

  it.each([
    ['steps: [shedule: a]', /did you mean 'schedule'/],
    ['steps: [{block: 10}]', /expected a duration/],
    ['steps: [{schedule: b}]', /the name of a bottom half that the file declares/],
    ['steps: [{raise: SIGUSR9}]', /SIGUSR/],
    ['steps: [step', /the \[ that opens here is not closed/],
  ])('a mistake is shown where it stands: %s', async (line, message) => {
    await withPage('', async ({ page }) => {
      await type(page, `name: x\nbottom_halves: {a: {}}\n${line}\n`);
      const mark = await page.waitForSelector('.cm-lintRange-error, .cm-lintPoint-error');
      await mark.hover();
      const said = await page.waitForSelector('.cm-tooltip-lint, .cm-diagnostic');
      expect(await said.textContent()).toMatch(message);
      expect(await page.textContent('.outcome.bad')).toMatch(message);
      expect(await page.textContent('.outcome.bad')).toContain('the last run without a mistake');
    });
  });

  it('words are completed and explained from the schema', async () => {
    await withPage('', async ({ page }) => {
      await type(page, 'name: x\nbottom_halves: {a: {}}\nsteps: [{');
      await page.keyboard.type('sched');
      const option = await page.waitForSelector('.cm-tooltip-autocomplete li');
      expect(await option.textContent()).toContain('schedule');
      await page.keyboard.press('Escape');
      await type(page, 'name: x\ntimers: {t: {}}\nsteps: [settle]\n');
      await page.waitForSelector('.outcome.good');
      await page.hover('.cm-line:nth-child(2) span');
      const about = await page.waitForSelector('.about');
      expect(await about.textContent()).toMatch(/^timers .*timer_new_full/);
    });
  });

  it('what if: a link taken away is shown beside the sound run', async () => {
    await withPage('#story=scenarios%2Fsigchld-coalescing.yaml', async ({ page }) => {
      await page.check('input[name=one_waitpid]');
      await page.waitForSelector('.side-by-side .differs');
      const lost = await page.$$eval('.differs td:first-child', (all) =>
        all.map((one) => one.textContent),
      );
      expect(lost).toContain('b exited 2');
      await page.click('text=/to the first event that differs/');
      expect(await place(page)).not.toMatch(/^event 1 of/);
      expect(page.url()).toContain('without=one_waitpid');
      await page.reload();
      await page.waitForSelector('.side-by-side .differs');
      await page.uncheck('input[name=one_waitpid]');
      await page.waitForSelector('.outcome.good');
    });
  });

  it('what if: a barrier taken away is drawn beside the sound run, and is in the address', async () => {
    const hash = '#story=scenarios%2Fsigchld.yaml&barrier=aio_notify.smp_mb';
    const drawings = '.drawings svg.story-drawing';
    await withPage(hash, async ({ page }) => {
      await page.waitForFunction((one) => document.querySelectorAll(one).length === 2, drawings);
      const [weak, sound] = await page.$$eval(drawings, (all) => all.map((one) => one.textContent));
      expect(weak).toMatch(/still in its buffer.*poller waits for eventfd for ever$/);
      expect(sound).toMatch(/every thread comes to its end$/);
      await page.waitForSelector(
        '.drawings .good:has-text("no error in any interleaving under PSO")',
      );
      expect(page.url()).toContain('barrier=aio_notify.smp_mb');
      // It has shared memory, which a page has not.
      await page.selectOption('select[name=barrier]', 'aio_wait_while.kick-mb');
      await page.waitForSelector('.drawings .bad:has-text("main sleeps for ever")');
      expect(page.url()).toContain('barrier=aio_wait_while.kick-mb');
      await page.selectOption('select[name=barrier]', '');
      expect(await page.$(drawings)).toBeNull();
      await page.waitForFunction(() => !location.hash.includes('barrier'));
    });
  });

  it('the line of the code at which the loop stands is in view', async () => {
    await withPage('#story=scenarios%2Fsigchld.yaml&at=52', async ({ page }) => {
      const isInView = await page.$eval('.code .here', (line) => {
        const [own, box] = [line, line.parentElement!].map((one) => one.getBoundingClientRect());
        return own!.top >= box!.top && own!.bottom <= box!.bottom;
      });
      expect(isInView).toBe(true);
    });
  });

  it('a piece of the museum is shown with what it lacks', async () => {
    const choose = 'select[aria-label="a story"]';
    await withPage('', async ({ page }) => {
      await page.selectOption(choose, { label: 'One waitpid for each SIGCHLD' });
      await page.waitForSelector('.side-by-side .differs');
      expect(await page.isChecked('input[name=one_waitpid]')).toBe(true);
      await page.selectOption(choose, { label: 'The notification is cleared after the look' });
      await page.waitForSelector('.drawings .bad:has-text("poller sleeps for ever")');
      expect(await page.isChecked('input[name=one_waitpid]')).toBe(false);
      const links = await page.$$eval(`${choose} option[value^="#"]`, (all) =>
        all.map((one) => (one as HTMLOptionElement).value),
      );
      expect(links.length).toBeGreaterThan(25);
      const [stories, barriers] = await page.evaluate((one) => {
        const values = (of: string): string[] =>
          [...document.querySelectorAll<HTMLOptionElement>(`${of} option`)].map(
            ({ value }) => value,
          );
        return [values(one), values('select[name=barrier]')];
      }, choose);
      for (const link of links) {
        const params = new URLSearchParams(link.slice(1));
        const [story, barrier] = [params.get('story'), params.get('barrier')];
        if (story !== null) expect(stories).toContain(story);
        else expect(barriers).toContain(barrier);
      }
    });
  });

  it('all orders are listed with their verdicts, and a click plays exactly that one', async () => {
    let hash = '';
    await withPage('#story=scenarios%2Frare-order.yaml&seed=1', async ({ page }) => {
      await page.click('#orders button:text-is("find them")');
      await page.waitForSelector('.orders li');
      const rows = await page.$$eval('.orders li', (all) => all.map((one) => one.textContent));
      expect(rows).toHaveLength(2);
      expect(rows[0]).toMatch(/(?:\d+ runs|one run), passes: a exited 0 · SIGTERM/);
      expect(rows[1]).toMatch(/(?:\d+ runs|one run), fails: SIGTERM/);
      expect(await page.textContent('#orders .result p')).toMatch(
        /^2 orders in \d+ runs: 1 fails\.$/,
      );
      await page.click('text="play order 2"');
      await page.waitForSelector('.outcome.bad');
      await page.click('#end');
      const { schedule } = (await page.$eval('.orders li.here', (one) => ({
        ...(one as HTMLElement).dataset,
      }))) as { schedule: string };
      const args = ['run', '--json', '--schedule', schedule, 'scenarios/rare-order.yaml'];
      const { stdout } = await run(args);
      const [played] = JSON.parse(stdout.split('\n')[0]!).results;
      expect(played.order.map(({ text }: { text: string }) => text)).toEqual(['SIGTERM']);
      hash = new URL(page.url()).hash;
      expect(hash).not.toContain('seed=');
    });
    const use = async ({ page }: Opened): Promise<void> => {
      await page.waitForSelector('.outcome.bad');
      await page.fill('.seed', '1');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.outcome.good');
      expect(page.url()).not.toContain('order=');
    };
    await withPage(hash, use, { anew: true });
  });

  it('orders that were left out are said to be, and looked for by a click', async () => {
    const signals = [1, 2, 3, 4, 5, 6].map(
      (n) => `  - {at: 1ms, do: [{sigqueue: {SIGRTMIN: ${n}}}]}\n`,
    );
    const text = `name: six\nsignals: {SIGRTMIN: {siginfo: [int]}}\ntimeline:\n${signals.join('')}steps: [settle, {main_loop_wait: blocking}]\n`;
    await withPage('', async ({ page }) => {
      await type(page, text);
      await page.waitForSelector('.outcome.good:has-text("six: passed")');
      await page.click('#orders button:text-is("find them")');
      await page.waitForSelector('.orders li');
      const said = (): Promise<string | null> => page.textContent('#orders .result');
      expect(await said()).toMatch(/^300 orders in 300 runs: none fails\.The search ended after/);
      await page.click('text="look further, 3,000 runs at most"');
      await page.waitForSelector('#orders .result :text("720 orders in 720 runs")');
      expect(await said()).not.toContain('ended after');
      expect(await said()).toContain('200 of 720 are listed');
      expect(await page.$$('.orders li')).toHaveLength(200);
    });
  });

  it('a text of one’s own is carried by the link', async () => {
    const text = 'name: mine\nbottom_halves: {a: {}}\nsteps: [settle, {schedule: a}, step]\n';
    let url = '';
    await withPage('', async ({ page }) => {
      await type(page, text);
      await page.waitForFunction(() => location.hash.includes('text='));
      url = page.url();
    });
    const use = async ({ page }: Opened): Promise<void> => {
      await page.waitForFunction(() =>
        document.querySelector('.outcome')!.textContent!.startsWith('mine: passed'),
      );
      expect(await page.$eval('.cm-content', (one) => one.textContent)).toContain('name: mine');
    };
    await withPage(new URL(url).hash, use, { anew: true });
  });

  it('an endless run can be stopped', async () => {
    await withPage('', async ({ page }) => {
      await type(
        page,
        'name: long\ntimers: {t: {}}\nsteps: [settle, {repeat: {times: 1000000, do: [{disarm: t}]}}, {repeat: {times: 1000000, do: [{disarm: t}]}}, {repeat: {times: 1000000, do: [{disarm: t}]}}]\n',
      );
      await page.waitForSelector('.outcome.bad, .outcome.good');
      await page.waitForFunction(
        () => /long|stopped/.test(document.querySelector('.outcome')!.textContent!),
        undefined,
        { timeout: 60_000 },
      );
    });
  });

  it.each([390, 1280, 3840])('fits into %i pixels, and each control has a name', async (width) => {
    await withPage(
      '#story=scenarios%2Fsigchld.yaml&at=50',
      async ({ page }) => {
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide).toBeLessThanOrEqual(width);
        const nameless = await page.$$eval('button, select, input', (all) =>
          all
            .filter((one) => {
              const label = one.closest('label')?.textContent ?? '';
              const name = one.getAttribute('aria-label') ?? one.textContent ?? '';
              return !(one as HTMLElement).hidden && `${label}${name}`.trim() === '';
            })
            .map((one) => one.outerHTML),
        );
        expect(nameless).toEqual([]);
      },
      { width },
    );
  });

  it('says so if its Worker does not start', async () => {
    const tab = await browser.newPage();
    try {
      await tab.addInitScript(() => {
        const broken = URL.createObjectURL(new Blob(['throw new Error("refused")']));
        const Real = window.Worker;
        window.Worker = class extends Real {
          constructor() {
            super(broken);
          }
        };
      });
      await tab.goto(address);
      await tab.waitForFunction(() =>
        /the engine does not run: .*refused/.test(document.body.innerText),
      );
    } finally {
      await tab.close();
    }
  });

  it('a file that is not there, or an address that cannot be read, is no dead end', async () => {
    const use = async ({ page }: Opened): Promise<void> => {
      expect(await page.$eval('.cm-content', (one) => one.textContent)).toContain('child exited 3');
    };
    await withPage('#text=%%%&at=x&seed=-1', use, { anew: true });
  });
});

describe('qemu-loop play', () => {
  it('writes one file of less than a megabyte, with the file that was named first', async () => {
    const here = mkdtempSync(join(tmpdir(), 'qemu-loop-play-'));
    try {
      const file = join(here, 'mine.yaml');
      writeFileSync(file, 'name: mine\nsteps: [step]\n');
      const out = join(here, 'play.html');
      const { status, stdout } = await run(['play', file, '-o', out]);
      expect({ status, stdout }).toMatchObject({ status: 0 });
      expect(Number(/: (\d+) kB/.exec(stdout)![1])).toBeLessThan(1000);
    } finally {
      rmSync(here, { recursive: true });
    }
  });

  it.each([
    [['nosuch.yaml', '-o', 'x.html'], /cannot read nosuch\.yaml/],
    [['a.yaml', 'b.yaml'], /play shows one file, and there are 2/],
    [['--port', 'x'], /expected a port from 0 to 65535/],
    [['--port', '80', '-o', 'x.html'], /--port and -o exclude each other/],
    [[join(root, 'docs', 'play.png'), '-o', 'x.html'], /cannot read .*: it is not text in UTF-8/],
    [
      [process.execPath, '-o', 'x.html'],
      /cannot read .*: it is too long: expected at most [\d,]+ c/,
    ],
    [['-o', '/nosuch/play.html'], /cannot write the page \/nosuch\/play\.html: No such file/],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await run(['play', ...args]);
    expect(status).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});
