/** Records that this version cannot replay: what is wrong, and what to do, in one line. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecordHeader } from '../../../src/host/record/header.ts';
import { command, root, run } from '../../support/run.ts';
import { withHeader } from './files.ts';

const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-strange-'));
const session = join(dir, 'session.rec');
const scenario = join(dir, 'scenario.rec');

beforeAll(() => {
  const file = join(root, 'scenarios', 'sigchld.yaml');
  spawnSync(process.execPath, [command, '--record', session, '--spawn', 'true']);
  spawnSync(process.execPath, [command, 'run', '--host', 'linux', '--record', scenario, file]);
});

afterAll(() => rmSync(dir, { recursive: true }));

/** The only line of a replay that does not begin. */
async function refusal(path: string): Promise<string> {
  const { status, stdout, stderr } = await run(['replay', path]);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^qemu-loop: [^\n]*\n$/);
  return stderr.slice('qemu-loop: '.length + path.length + 2, -1);
}

/** The header as another program has written it. */
function of(path: string, change: (header: Record<string, unknown>) => void): string {
  return withHeader(path, (header) => {
    const changed = structuredClone(header) as unknown as Record<string, unknown>;
    change(changed);
    return changed as unknown as RecordHeader;
  });
}

test.each([
  ['version', 'is missing', undefined, ''],
  ['argv', 'is missing', undefined, ', qemu-loop 9.9.9'],
  ['argv', 'is not what it was expected to be', [1, 2], ', qemu-loop 9.9.9'],
  ['facts', 'is missing', undefined, ', qemu-loop 9.9.9'],
  ['facts.epollStride', 'is missing', { kind: 'linux', description: '' }, ', qemu-loop 9.9.9'],
  ['program', 'is not what it was expected to be', [], ', qemu-loop 9.9.9'],
])("a header whose '%s' %s", async (part, how, value, by) => {
  const path = of(session, (header) => {
    header.version = '9.9.9';
    header[part.split('.')[0]!] = value;
  });
  expect(await refusal(path)).toBe(
    `the header of the record is strange, '${part}' ${how}: replay it with the version that wrote it${by}`,
  );
});

const NOTE =
  /; qemu-loop 9\.9\.9 has made the record, and this is [\d.]+: replay it with that version$/;

test.each<[string, string, (header: Record<string, unknown>) => void]>([
  [
    "it is a record of 'dance', which",
    session,
    (header) => {
      header.program = { command: 'dance' };
    },
  ],
  [
    "its 'spawn' lacks a part",
    session,
    (header) => {
      header.program = { command: 'spawn' };
    },
  ],
  [
    "its 'run' lacks a part",
    scenario,
    (header) => {
      header.program = { command: 'run', file: 'a.yaml' };
    },
  ],
  [
    'this version cannot run its command line: unknown option',
    session,
    (header) => {
      header.argv = ['--frobnicate', '--spawn', 'true'];
    },
  ],
  [
    'this version cannot run its command line: it starts no children',
    session,
    (header) => {
      header.argv = ['--help'];
    },
  ],
  [
    'this version cannot load its scenario: ',
    scenario,
    (header) => {
      header.program = { ...(header.program as object), text: 'frobnicate: {}\n' };
    },
  ],
])('%s', async (said, path, change) => {
  const line = await refusal(
    of(path, (header) => {
      header.version = '9.9.9';
      change(header);
    }),
  );
  expect(line).toContain(said);
  expect(line).toMatch(NOTE);
});

test('another Node, and another machine, do not matter', async () => {
  const path = of(session, (header) => {
    header.node = 'v99.0.0';
    const facts = header.facts as Record<string, unknown>;
    header.facts = { ...facts, description: 'Linux 9.9 riscv64', epollStride: 4, epollDataWord: 2 };
  });
  expect((await run(['replay', path])).stderr).toBe((await run(['replay', session])).stderr);
});

test('a record from before the host said whether it keeps blocked signals', async () => {
  const path = of(session, (header) => {
    delete (header.facts as Record<string, unknown>).keepsBlocked;
  });
  expect((await run(['replay', path])).stderr).toBe((await run(['replay', session])).stderr);
});

test.each([
  ['empty', Buffer.alloc(0), 'the file is empty: expected one that --record has written'],
  ['gzip', null, 'the file is compressed: unpack it first, with gunzip'],
  [
    'text',
    Buffer.from('name: a\n'),
    'this is no record: expected a file that --record has written',
  ],
])('a file that is %s', async (_what, bytes, said) => {
  const path = join(dir, 'other');
  writeFileSync(path, bytes ?? gzipSync(readFileSync(session)));
  expect(await refusal(path)).toBe(said);
});
