/** A headless Chromium from the npm packages: the system needs none. */

import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';

const run = promisify(execFile);
const modules = join(import.meta.dirname, '..', '..', 'node_modules');
const cache = join(modules, '.cache', 'qemu-loop-chromium');

/** Has the package unpack the browser, its fonts and its libraries into TMPDIR. */
const UNPACK = "import('@sparticuz/chromium').then((one) => one.default.executablePath())";

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts it, or the browser that QEMU_LOOP_CHROMIUM names.
 * @throws Error of one line if the package has no browser for this machine
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.QEMU_LOOP_CHROMIUM;
  if (executablePath !== undefined) return launchTidily({ executablePath, args: ARGS });
  if (process.arch !== 'x64') {
    throw new Error(
      'the Chromium of the packages is for x86-64: name another by QEMU_LOOP_CHROMIUM=/usr/bin/chromium, or skip its tests by QEMU_LOOP_NO_BROWSER=1',
    );
  }
  const dir = await unpacked();
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: join(dir, 'al2023', 'lib'),
    FONTCONFIG_FILE: fontsOf(dir),
  };
  return launchTidily({ executablePath: join(dir, 'chromium'), args: ARGS, env });
}

/** Launches it with a TMPDIR of its own: it leaves files there if it ends while it starts. */
async function launchTidily(options: LaunchOptions): Promise<Browser> {
  const own = mkdtempSync(join(tmpdir(), 'chromium-'));
  const env = { ...(options.env ?? process.env), TMPDIR: own };
  const browser = await chromium.launch({ ...options, env });
  browser.on('disconnected', () => rmSync(own, { recursive: true, force: true, maxRetries: 5 }));
  return browser;
}

/** Writes a fonts.conf that names the package's fonts: without fonts, a page crashes. */
function fontsOf(dir: string): string {
  const file = join(dir, 'fonts.conf');
  const text = `<fontconfig><dir>${dir}/fonts</dir><cachedir>${dir}/fonts-cache</cachedir></fontconfig>\n`;
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  return file;
}

/** Its folder. Each version is unpacked once, even if two processes ask at the same time. */
async function unpacked(): Promise<string> {
  const manifest = join(modules, '@sparticuz', 'chromium', 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const dir = join(cache, version);
  if (existsSync(dir)) return dir;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpacking-'));
  try {
    // The package unpacks its libraries only if it believes to run on a bare machine.
    const env = { ...process.env, TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' };
    await run(process.execPath, ['-e', UNPACK], { cwd: join(modules, '..'), env });
    renameSync(fresh, dir);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(dir)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return dir;
}
