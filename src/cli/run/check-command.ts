import type { QemuVersion } from '../../aio/profile.ts';
import type { Host } from '../../host/host.ts';
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

/** The files to check. */
export interface AskedCheck {
  readonly files: readonly string[];
  /** Overrides the QEMU of each file. */
  readonly version?: QemuVersion | undefined;
}

/** `qemu-loop check FILE…`: reads files and reports their errors. Returns 0, or 2. */
export function checkCommand(
  own: Host | null,
  asked: AskedCheck,
  { out, err }: CommandOutput,
): number {
  const { files, missing } = findScenarios(asked.files);
  for (const { message } of missing) err(narrowed(`qemu-loop: ${visible(message)}\n`, 2));
  let wrong = missing.length;
  let count = 0;
  for (const file of files) {
    const { problems } = readScenario(own, file, asked.version);
    for (const problem of problems) err(narrowed(`${formatProblem(problem)}\n`, 2));
    if (problems.length > 0) wrong++;
    else count++;
  }
  if (wrong === 0) out(`${count} ${count === 1 ? 'file is' : 'files are'} right\n`);
  return wrong === 0 ? 0 : 2;
}
