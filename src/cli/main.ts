#!/usr/bin/env node
/** The command: reads its options, runs them, and exits with their status. */

import { readFileSync, writeSync } from 'node:fs';
import { asCliError, type CliError } from './errors.ts';
import { parseOptions } from './options.ts';
import { type JsonLogMaker, runSession } from './session.ts';
import { traceCommand } from './trace-command.ts';

async function main(): Promise<number> {
  if (process.argv[2] === 'trace') {
    print(1, traceCommand(process.argv.slice(3)));
    return 0;
  }
  if (process.argv[2] === 'report') {
    const { reportCommand } = await import('./report/report-command.ts');
    print(1, reportCommand(process.argv.slice(3)));
    return 0;
  }
  const asked = parseOptions(process.argv.slice(2), version);
  if ('text' in asked) {
    print(asked.status === 0 ? 1 : 2, asked.text);
    return asked.status;
  }
  return runSession(asked, asked.logFormat === 'json' && !asked.quiet ? await jsonLog() : null);
}

/** package.json stands beside dist/, where this is bundled to. */
function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return JSON.parse(text).version;
}

/** pino takes as long to load as all the rest. */
async function jsonLog(): Promise<JsonLogMaker> {
  const { JsonLog } = await import('./json-log.ts');
  return (parts) => new JsonLog(parts);
}

/** Whoever does not read on does not want to know. */
function print(fd: number, text: string): void {
  try {
    writeSync(fd, text);
  } catch {}
}

function explain(error: CliError): number {
  print(2, `qemu-loop: ${error.message}\n`);
  return error.status;
}

process.exit(await main().catch((error: unknown) => explain(asCliError(error))));
