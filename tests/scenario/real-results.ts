import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RunResult } from '../../src/scenario/run/run.ts';
import { run } from '../support/run.ts';

/** Runs scenario files of these texts on the real host, by the command. Returns their results in order. */
export async function realResults(texts: readonly string[]): Promise<RunResult[]> {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-programs-'));
  try {
    const files = texts.map((text, i) => {
      const file = join(dir, `${i}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const { stdout } = await run(['run', '--host', 'linux', '--json', ...files]);
    const results = stdout
      .trimEnd()
      .split('\n')
      .flatMap((line) => (JSON.parse(line) as { results?: RunResult[] }).results ?? []);
    expect(results.map(({ file }) => file)).toEqual(files);
    return results;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
