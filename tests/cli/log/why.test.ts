/** The reasons of the log's lines, and the pages and scenarios that go with them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PrettyLog } from '../../../src/cli/log/pretty-log.ts';
import { type Why, whyOf } from '../../../src/cli/log/why.ts';
import { DIM, RESET } from '../../../src/cli/text/style.ts';
import { EV, type EventId } from '../../../src/trace/catalogue.ts';
import type { TraceValue } from '../../../src/trace/tracer.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** An event of each kind of line that the live log has, with the section that explains it. */
const LINES: readonly (readonly [string, EventId, readonly TraceValue[]])[] = [
  ['posix_spawn', EV.child_spawn, [9, '1', 'true']],
  ['ppoll', EV.poll_enter, ['ppoll', 3, -1]],
  ['ppoll returned', EV.poll_return, ['ppoll', 1, '7']],
  ['sigfd_handler', EV.fd_handler_begin, ['iohandler_ctx', 7, 1, 'sigfd_handler']],
  ['qemu_signalfd_siginfo', EV.signalfd_record, [17, 1, 9, 0, 3, 0]],
  ['sigaction', EV.sigaction_lookup, [17, 'sigchld_handler', 0]],
  ['sigchld_handler(17)', EV.signal_handler_begin, [17, 'sigchld_handler', 0]],
  ['qemu_bh_schedule', EV.aio_bh_enqueue, ['qemu_aio_context', 'sigchld_bh', 0, 2, 1]],
  ['aio_notify', EV.aio_notify, ['qemu_aio_context', 0, 0, 0]],
  ['aio_notify', EV.aio_notify, ['qemu_aio_context', 1, 1, 0]],
  ['aio_notify', EV.aio_notify, ['qemu_aio_context', 1, 0, 1]],
  ['ppoll, timeout 0', EV.poll_enter, ['ppoll', 3, 0]],
  ['ppoll returned', EV.poll_return, ['ppoll', 0, '']],
  ['aio_bh_poll', EV.aio_bh_poll, ['qemu_aio_context', 1]],
  ['sigchld_bh_handler', EV.aio_bh_call_begin, ['qemu_aio_context', 'sigchld_bh', 2, 1]],
  ['waitpid', EV.child_reap, [9, '1', 1, 3, 0, 0, 0, 0]],
  ['waitpid', EV.child_status, [9, '1', 5, 19]],
];

const reasons: readonly Why[] = LINES.map(([, id, args]) => whyOf(id, args)!);

describe('the reason of a line', () => {
  it.each(LINES)('%s %i %j has one, of its section', (section, id, args) => {
    expect(whyOf(id, args)?.section).toBe(section);
  });

  it('differs for lines that differ: notified or not, asleep or not, something or nothing', () => {
    // Only the two calls of waitpid have the same.
    expect(new Set(reasons).size).toBe(LINES.length - 1);
  });

  it('is one sentence, and names a file that is there', () => {
    for (const { text, here } of reasons) {
      expect(text).toMatch(/^[^.!?]+(\(2\)[^.]*)?\.$/);
      expect(text.length).toBeLessThan(160);
      expect(read(here)).not.toBe('');
    }
  });

  it('is null for events outside the chain', () => {
    expect(whyOf(EV.main_loop_phase, ['poll'])).toBeNull();
  });
});

describe('--explain', () => {
  const say = (width: number, color = false): string[] => {
    let said = '';
    const sink = (text: string): void => {
      said += text;
    };
    const names = { fds: new Map(), coroutines: new Map() };
    const log = new PrettyLog(sink, () => ({ color, width }), names, 0, { whyOf });
    for (const [, id, args] of [LINES[1]!, LINES[1]!, LINES[11]!]) log.event('info', id, 0, args);
    log.flush();
    return said.trimEnd().split('\n');
  };

  it('puts the reason under the first line of each kind, dim', () => {
    const lines = say(0);
    const at = lines.flatMap((line, i) => (/^\d/.test(line) ? [i] : []));
    expect(at).toEqual([0, 3, 4]);
    expect(lines.slice(1, 3).join(' ').replaceAll(/\s+/g, ' ').trim()).toBe(reasons[1]!.text);
    const [, first] = say(0, true);
    expect(first!.startsWith(`${DIM}${' '.repeat(9)}This is`) && first!.endsWith(RESET)).toBe(true);
  });

  it.each([40, 60, 80, 200])('fits into %i columns', (width) => {
    for (const line of say(width)) expect(line.length).toBeLessThanOrEqual(width);
  });
});

describe('docs/chain.md and docs/chain.zh.md', () => {
  const [english, chinese] = [read('docs/chain.md'), read('docs/chain.zh.md')];
  const headings = (page: string): string[] =>
    [...page.matchAll(/^## (.*)$/gm)].map(([, text]) => text!);
  const commands = (page: string): string[] =>
    [...page.matchAll(/^ {4}(qemu-loop.*)$/gm)].map(([, text]) => text!);
  const code = (page: string): string[] =>
    [...page.matchAll(/`(\w+)`|\b((?:src|util|net|include)\/[\w./-]+\w)/g)]
      .map(([, name, file]) => name ?? file!)
      .filter((word) => word !== 'x')
      .sort();
  const sectionOf = (page: string, heading: string): string =>
    page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

  it('have a section for each kind of line, in the order of the log', () => {
    const order = [...new Set(LINES.map(([section]) => section))];
    expect(headings(english)).toEqual(order);
    expect(headings(chinese)).toEqual(order);
  });

  it('say in each section what the reasons say: QEMU’s function, and the file here', () => {
    for (const { section, qemu, here } of reasons) {
      const [, name, file] = /(\w+), ([\w./-]+\w)/.exec(qemu)!;
      for (const page of [english, chinese]) {
        for (const word of [name!, file!, here]) {
          const rest = section === 'ppoll, timeout 0' || section === 'aio_notify' ? page : '';
          expect(sectionOf(page, section) + rest, section).toContain(word);
        }
      }
    }
  });

  it('have the same commands, names and files', () => {
    expect(commands(chinese)).toEqual(commands(english));
    expect(code(chinese)).toEqual(code(english));
  });

  it('run each scenario of scenarios/why, and no other', () => {
    const files = readdirSync(join(root, 'scenarios/why')).map((file) => `scenarios/why/${file}`);
    const run = commands(english).flatMap((line) => /run (\S+\.yaml)$/.exec(line)?.[1] ?? []);
    expect(run.toSorted()).toEqual(files.toSorted());
    for (const heading of headings(english)) {
      expect(sectionOf(english, heading), heading).toContain('qemu-loop run scenarios/why/');
    }
  });
});
