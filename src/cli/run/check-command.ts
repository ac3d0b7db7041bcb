import { formatProblem } from '../../scenario/problem.ts';
import { visible } from '../../trace/visible.ts';
import { narrowed } from '../text/narrowed.ts';
import { findScenarios } from './files.ts';
import type { Write } from './outcome.ts';
import { readScenario } from './read-scenario.ts';

/** Writes a command's text. */
export interface CommandOutput {
  readonly out: Write;
  readonly err: Write;
}

/** `qemu-loop check FILE…`: reads files and reports their errors. Returns 0, or 2. */
export function checkCommand(args: readonly string[], { out, err }: CommandOutput): number {
  const { files, missing } = findScenarios(args);
  for (const { message } of missing) err(narrowed(`qemu-loop: ${visible(message)}\n`, 2));
  let wrong = missing.length;
  let count = 0;
  for (const file of files) {
    const { problems } = readScenario(file);
    for (const problem of problems) err(narrowed(`${formatProblem(problem)}\n`, 2));
    if (problems.length > 0) wrong++;
    else count++;
  }
  if (wrong === 0) out(`${count} ${count === 1 ? 'file is' : 'files are'} right\n`);
  return wrong === 0 ? 0 : 2;
}
