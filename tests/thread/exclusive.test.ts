import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'exclusive-child.ts');
const module = join(import.meta.dirname, 'modules', 'alone.mjs');

/** The other vCPU goes on, and nobody has run beside one that was alone. */
const fine = [true, 0, 0];

const CASES: Readonly<Record<string, readonly unknown[]>> = {
  one_at_a_time: [0, 0, 0, 0, 0, 0],
  safe_work: [201, 0, 0],
  safe_work_that_throws: [['of the work'], true, 0],
  'ends too early': [["end_exclusive: vCPU 'cpu1' is not alone"], ...fine],
  twice: [["start_exclusive: vCPU 'cpu1' is alone already"], ...fine],
  'with the BQL': [["start_exclusive: vCPU 'cpu1' holds the BQL"], ...fine],
  'throws alone': [['alone'], ...fine],
  'exits alone': [['process.exit(7) ended the thread'], ...fine],
  exits: [['process.exit(8) ended the thread'], ...fine],
};

it.each(Object.entries(CASES))('a vCPU that runs alone: %s', async (name, said) => {
  const ended = await runAlone(program, name, module);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual(said);
});
