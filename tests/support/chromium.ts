/** A headless Chromium that comes with the packages: no other is asked for. */

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
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const run = promisify(execFile);
const modules = join(import.meta.dirname, '..', '..', 'node_modules');
const cache = join(modules, '.cache', 'qemu-loop-chromium');

/** The package unpacks itself, its fonts and its libraries into the directory for temporary files. */
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
 * @throws Error of one line where the package has none for this machine
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env.QEMU_LOOP_CHROMIUM;
  if (executablePath !== undefined) return chromium.launch({ executablePath, args: ARGS });
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
  return chromium.launch({ executablePath: join(dir, 'chromium'), args: ARGS, env });
}

/** Names its fonts where they are: without any a page crashes. */
function fontsOf(dir: string): string {
  const file = join(dir, 'fonts.conf');
  const text = `<fontconfig><dir>${dir}/fonts</dir><cachedir>${dir}/fonts-cache</cachedir></fontconfig>\n`;
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
  return file;
}

/** Where it stands. It is unpacked once for each version, also where two ask at the same time. */
async function unpacked(): Promise<string> {
  const manifest = join(modules, '@sparticuz', 'chromium', 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const dir = join(cache, version);
  if (existsSync(dir)) return dir;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'unpacking-'));
  try {
    // It brings its libraries only where it takes the machine for a bare one.
    const env = { ...process.env, TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' };
    await run(process.execPath, ['-e', UNPACK], { cwd: join(modules, '..'), env });
    renameSync(fresh, dir);
  } catch (error) {
    // Somebody else was faster.
    if (!existsSync(dir)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return dir;
}
