import { describe, expect, it } from 'vitest';
import { type SourceFile, sources } from './files.ts';

/**
 * Ways of the command around the Host. What belongs to the machine that it supervises goes through
 * the Host: descriptors, processes and their /proc, terminals, outputs that are written while the
 * loop runs. So a lens sees it, and a record has it.
 */
const WAYS: Readonly<Record<string, (file: SourceFile) => boolean>> = {
  files: imports('node:fs'),
  terminals: imports('node:tty'),
  processes: imports('node:child_process'),
  sockets: ({ imports }) => imports.some(({ from }) => /^node:(net|http|https|dgram)$/.test(from)),
  'a host of its own': ({ code }) => /\bnew LinuxHost\b/.test(code),
  'signals and streams': ({ code }) => /\bprocess\.(kill|on|once|stdin|stdout|stderr)\b/.test(code),
};

function imports(module: string) {
  return (file: SourceFile): boolean =>
    file.imports.some(({ from }) => from === module || from.startsWith(`${module}/`));
}

/** Files that people name, or that come with the command. The machine that runs does not see them. */
const FILES: Readonly<Record<string, string>> = {
  'src/cli/exit/plain-io.ts': 'another system than Linux has no Host',
  'src/cli/museum/pieces.ts': 'reads the pieces, which come with the command',
  'src/cli/options/output-files.ts': 'compares the files of a command line before any is opened',
  'src/cli/options/version.ts': 'reads the version in package.json',
  'src/cli/record/record-file.ts': 'writes the record, which must not see itself',
  'src/cli/output/named-output.ts': 'writes pages and models, which a command line names',
  'src/cli/play/play-command.ts': 'reads scenarios and its own page',
  'src/cli/qemu/cache.ts': "keeps the drivers of QEMU's trees",
  'src/cli/qemu/driver.ts': "reads the driver's sources, and puts it into its cache",
  'src/cli/qemu/tree.ts': 'reads a QEMU build tree',
  'src/cli/report/report-command.ts': 'reads the parts of the page',
  'src/cli/run/files.ts': 'finds scenario files',
  'src/cli/run/held-output.ts': "holds the stderr of the pool's workers, which are Node's",
  'src/cli/text/read-file.ts': 'reads scenarios, traces, records: what a command line names',
  'src/cli/spawn/misplaced.ts': 'tells a misspelt option from the name of a program',
  'src/cli/trace/trace-file.ts': 'writes a trace, also of a simulated machine',
};

const TERMINALS: Readonly<Record<string, string>> = {
  'src/cli/exit/plain-io.ts': 'another system than Linux has no Host',
  'src/cli/text/read-file.ts': 'waits for the end of a file only if a person types it',
};

const PROCESSES: Readonly<Record<string, string>> = {
  'src/cli/qemu/driver.ts': "runs the compiler for QEMU's driver",
  'src/cli/qemu/qemu-host.ts': "runs QEMU's driver",
  'src/cli/qemu/tree.ts': 'asks ninja for the build commands',
  'src/cli/run/pool.ts': 'runs scenarios in processes of Node, which talk by its channel',
};

const OWN_HOSTS: Readonly<Record<string, string>> = {
  'src/cli/exit/own-host.ts': 'the one of each process, which is handed down',
  'src/cli/run/record-run.ts': 'the machine of a run, which is recorded, and ends with it',
};

const WIDTH = 'Node knows how wide the terminal is';

const STREAMS: Readonly<Record<string, string>> = {
  'src/cli/explore/interruptible.ts': 'Ctrl-C ends a search, which has no loop',
  'src/cli/explore/progress.ts': WIDTH,
  'src/cli/fuzz/fuzz-main.ts': 'Ctrl-C is told what is known, and ends us',
  'src/cli/log/log-target.ts': WIDTH,
  'src/cli/run/pool.ts': "its workers are Node's, and so are the signals that end them",
  'src/cli/run/run-watch.ts': 'a terminal that hangs up must not end the run',
  'src/cli/run/scenario-worker.ts': "takes jobs by Node's channel",
  'src/cli/terminal/terminal.ts': WIDTH,
  'src/cli/text/narrowed.ts': WIDTH,
  'src/cli/trace/trace-output.ts': 'the last resort for an error that nobody catches',
  'src/cli/watch/console.ts': 'Node sets raw mode, and puts it back however the process ends',
};

const ALLOWED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  files: FILES,
  terminals: TERMINALS,
  processes: PROCESSES,
  sockets: {},
  'a host of its own': OWN_HOSTS,
  'signals and streams': STREAMS,
};

// The pages of the report and the playground run in a browser.
const files = sources('src/cli').filter(({ path }) => !path.includes('/page/'));

describe.each(Object.entries(WAYS))('around the Host: %s', (way, goes) => {
  const using = files.filter(goes).map(({ path }) => path);
  const allowed = Object.keys(ALLOWED[way]!);

  it('no other file does it', () => {
    expect(using.filter((path) => !allowed.includes(path))).toEqual([]);
  });

  it('every exemption is still needed', () => {
    expect(allowed.filter((path) => !using.includes(path))).toEqual([]);
  });
});
