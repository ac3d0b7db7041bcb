/** A TypeScript file as a process that answers, also outside of a test. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.ts';

/** A program that answers each line with a line, until it is ended. */
export interface Running {
  ask(line: string): Promise<string>;
  /** Resolves once it is gone. */
  end(): Promise<void>;
}

/** Bundles the file, and starts it. It ends with this process, whose end closes its stdin. */
export async function startAlone(file: string): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-test-'));
  const remove = (): void => rmSync(dir, { recursive: true });
  const program = await bundle(file, join(dir, 'program.cjs')).catch((error: unknown) => {
    remove();
    throw error;
  });
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout });
  return {
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return nextLine(answers, child);
    },
    end: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      remove();
    },
  };
}

function nextLine(lines: ReturnType<typeof createInterface>, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const gone = (status: number | null, signal: NodeJS.Signals | null): void => {
      reject(new Error(`the program ended by ${signal ?? status} before it answered`));
    };
    child.once('exit', gone);
    lines.once('line', (line) => {
      child.off('exit', gone);
      resolve(line);
    });
  });
}
