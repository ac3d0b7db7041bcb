import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Row, Section } from './row.ts';
import { median } from './statistics.ts';

const OURS = join(import.meta.dirname ?? '.', 'pages-ours.mjs');
const PAGE_KB = 4;
const LOOKS = 25;
/** After its byte the process goes to sleep, ms. */
const FALL_ASLEEP_MS = 5;

/** The owners of pages, by the line of a mapping in smaps. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['the code that V8 has compiled', /^rwxp|^r-xp 0$/],
  ['the program of Node, with V8', /\/node$/],
  ['the C library, koffi, our machine code', /\.so|\.node$|\[vdso\]|^r-xp/],
  ['the stack', /\[stack\]/],
  ['memory of malloc', /\[heap\]/],
  ['the heap of V8, and other memory', /./],
];
const ALL = 'all';

/**
 * Node and its libraries as files of their own: the kernel counts a page of a file as referenced if any
 * process has used it.
 */
class OwnNode {
  readonly dir = mkdtempSync(join(tmpdir(), 'qemu-loop-bench-'));
  readonly path = join(this.dir, 'node');

  constructor() {
    copyFileSync(process.execPath, this.path);
    const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
    for (const path of sharedObjects.filter((one) => /\/lib[^/]*\.so/.test(one))) {
      copyFileSync(path, join(this.dir, basename(path)));
    }
  }

  spawn(work: string): ChildProcess {
    const env = { ...process.env, LD_LIBRARY_PATH: this.dir };
    return spawn(this.path, [OURS, work], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The pages of a process that were used since clear_refs, by kind. */
function referenced(pid: number): Map<string, number> {
  const pages = new Map<string, number>(KINDS.map(([kind]) => [kind, 0]));
  let kind = '';
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    const kb = /^Referenced:\s+(\d+) kB/.exec(line);
    if (mapping !== null) {
      const found = KINDS.find(([, pattern]) => pattern.test(`${mapping[1]} ${mapping[2]}`))!;
      // All processes share the loader, which does nothing here.
      kind = /\/ld-/.test(mapping[2]!) ? '' : found[0];
    } else if (kb !== null && kind !== '') {
      pages.set(kind, pages.get(kind)! + Number(kb[1]) / PAGE_KB);
    }
  }
  pages.set(
    ALL,
    [...pages.values()].reduce((sum, n) => sum + n, 0),
  );
  return pages;
}

/** The medians of some looks, each after a hundred iterations. */
async function pagesOf(work: string): Promise<Map<string, number>> {
  const node = new OwnNode();
  const child = node.spawn(work);
  try {
    await once(child.stdout!, 'data');
    const looks: Map<string, number>[] = [];
    for (let i = 0; i < LOOKS; i++) {
      await setTimeout(FALL_ASLEEP_MS);
      writeFileSync(`/proc/${child.pid}/clear_refs`, '1');
      child.stdin!.write('.');
      await once(child.stdout!, 'data');
      await setTimeout(FALL_ASLEEP_MS);
      looks.push(referenced(child.pid!));
    }
    const kinds = [ALL, ...KINDS.map(([kind]) => kind)];
    return new Map(kinds.map((kind) => [kind, median(looks.map((look) => look.get(kind)!))]));
  } finally {
    child.kill('SIGKILL');
    node.dispose();
  }
}

/** Rows of one kind of work; it runs once for all of them, in a process of this row's. */
function rows(work: string, name: string, isWhole: boolean): (() => Row)[] {
  const row = (kind: string) => (): Row => ({
    name: kind === ALL ? name : `${name}: ${kind}`,
    unit: 'count',
    once: true,
    ours: async () => (await pagesOf(work)).get(kind)!,
  });
  return [ALL, ...(isWhole ? KINDS.map(([kind]) => kind) : [])].map(row);
}

export const pages: Section = {
  name: 'pages',
  about:
    'pages of 4 KiB that 100 iterations use, with one read and one write around them; a processor that ' +
    'empties its TLB in each system call looks each of them up anew',
  rows: [
    ...rows('nothing', 'no iteration', false),
    ...rows('bh', 'bottom half + aio_poll', false),
    ...rows('main-loop', 'main_loop_wait, nothing to do', false),
    ...rows('pipe', 'pipe + aio_poll', false),
    ...rows('notifier', 'notifier + aio_poll', true),
  ],
};
