import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { root } from '../support/run.ts';

const PAGE = `
import { loadScenario, MainLoop, QEMU_CLOCK_REALTIME, runScenario, SimHost, SimWorld } from 'qemu-loop/sim';

function run(text) {
  const { scenario } = loadScenario(text, 'a.yaml');
  const { status, order, failures } = runScenario(scenario, (seed) => new SimWorld(seed));
  return { status, order: order.map(({ text }) => text), failures: failures.map(({ message }) => message) };
}

async function loop() {
  const loop = new MainLoop({ host: new SimHost() });
  const called = [];
  const bh = loop.newBottomHalf('b', () => called.push('b'));
  loop.timers.newTimer(QEMU_CLOCK_REALTIME, 't', () => { called.push('t'); loop.quit(); }).modIn(5);
  bh.schedule();
  await loop.runAsync();
  return called;
}

globalThis.demo = async (chain, threads) => ({
  chain: run(chain), threads: run(threads), called: await loop(), ticket: new SimHost().newThread('a'),
});
`;

const CHAIN = `
name: a
drive: aio_poll
bottom_halves: {a: {do: [{schedule: b}]}, b: {}}
steps: [{schedule: a}, step, step]
expect: {order: [a, poll=1, b, poll=1]}
`;
const THREADS = 'name: t\niothreads: {io: {}}\n';

it.skipIf(process.env.QEMU_LOOP_NO_BROWSER === '1')(
  'qemu-loop/sim runs in a browser, and is small',
  async () => {
    const { outputFiles } = await build({
      stdin: { contents: PAGE, resolveDir: root, loader: 'js' },
      bundle: true,
      minify: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      logLevel: 'error',
    });
    const { contents, text } = outputFiles[0]!;
    const gzipped = gzipSync(contents).length;
    console.log(
      `qemu-loop/sim with scenarios, for a browser: ${Math.round(gzipped / 1000)} kB gzipped`,
    );
    expect(gzipped).toBeLessThan(200_000);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.addScriptTag({ content: text });
      const [chain, threads] = [JSON.stringify(CHAIN), JSON.stringify(THREADS)];
      const told = await page.evaluate(`demo(${chain}, ${threads})`);
      expect(told).toEqual({
        chain: { status: 0, order: ['a', 'poll=1', 'b', 'poll=1'], failures: [] },
        threads: {
          status: 2,
          order: [],
          failures: [
            expect.stringMatching(/^the file has several threads, which need Workers of Node/),
          ],
        },
        called: ['b', 't'],
        // -ENOSYS
        ticket: -38,
      });
    } finally {
      await browser.close();
    }
  },
);
