import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../src/cli/spawn/options.ts';
import { Running, root, run } from '../support/run.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const reference = readFileSync(join(root, 'docs', 'command.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)![1]!;

describe('README', () => {
  test('its library example runs, and says what it should', async () => {
    const args = ['--input-type=module', '-e', block('js')];
    const { status, stdout, stderr } = await new Running(process.execPath, args, {
      cwd: root,
    }).end();
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'a bottom half\nexited with 3\n',
      stderr: '',
    });
  });

  test('its first command ends as it says', async () => {
    const { status } = await run(['--spawn', 'sleep 0.1; exit 3', '--spawn', 'kill -9 $$']);
    expect(status).toBe(3);
    expect(readme).toContain("./qemu-loop --spawn 'sleep 1; exit 3' --spawn 'kill -9 $$'");
  });

  test('its log is the one that the command writes, except for numbers', async () => {
    const { stderr } = await run(['--spawn', 'sleep 1; exit 3']);
    const shape = (log: string): string[] =>
      log
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/[≤ ]*\d+(\.\d+)?( [µm]?s\b)?/g, '#').replace(/ +/g, ' '));
    expect(shape(block('text'))).toEqual(shape(stderr));
  });

  test('its log stands in the reference, too', () => {
    expect(reference).toContain(block('text'));
  });

  test('the reference lists every option of --help', () => {
    const help = parseOptions(['--help'], () => '');
    const options = 'text' in help ? (help.text.match(/--[a-z-]{3,}/g) ?? []) : [];
    expect(options.length).toBeGreaterThan(15);
    const known = new Set(
      [...options].filter((name) => !['--verbose', '--port', '--version', '--help'].includes(name)),
    );
    for (const name of known) expect(reference).toContain(name);
  });
});
