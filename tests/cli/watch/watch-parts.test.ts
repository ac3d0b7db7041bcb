import { describe, expect, test } from 'vitest';
import { RunChildren } from '../../../src/cli/run/run-children.ts';
import { decodeKeys } from '../../../src/cli/watch/keys.ts';
import { head, share, tail } from '../../../src/cli/watch/layout.ts';
import { Pacer } from '../../../src/cli/watch/pacer.ts';
import { OutputPane, printable } from '../../../src/cli/watch/pane.ts';
import { AioPollRounds, type Mark } from '../../../src/cli/watch/rounds.ts';
import { clip, pad, Screen, widthOf } from '../../../src/cli/watch/screen.ts';
import type { ChildDef } from '../../../src/scenario/model.ts';
import { EV } from '../../../src/trace/catalogue.ts';

describe('keys', () => {
  test.each([
    ['q', ['q']],
    ['\x1b[A\x1b[6~\x1bOB', ['up', 'pagedown', 'down']],
    ['\x1b', ['escape']],
    ['a\x1b[200~é\r', ['a', 'é', 'enter']],
    ['\x03\x1a\x7f\t\x1b[Z', ['ctrl-c', 'ctrl-z', 'backspace', 'tab', 'backtab']],
    ['😀', ['😀']],
    ['\x00\x01', []],
  ])('%j', (text, keys) => {
    expect(decodeKeys(text)).toEqual(keys);
  });
});

describe('the rows of a screen', () => {
  test('the first in rank get their minimum, the others nothing if it does not fit', () => {
    const wish = (rank: number) => ({ least: 3, most: 9, rank });
    expect(share([wish(2), wish(0), wish(1)], 7)).toEqual([0, 4, 3]);
    expect(share([wish(0)], 2)).toEqual([0]);
  });

  test('a part that wants more gets it before the others share what is left', () => {
    const wish = (rank: number, wants = 0) => ({ least: 3, wants, most: 9, rank });
    expect(share([wish(0, 8), wish(1), wish(2)], 14)).toEqual([8, 3, 3]);
    expect(share([wish(0, 8), wish(1)], 6)).toEqual([6, 0]);
  });

  test('no part gets more than its maximum', () => {
    const wish = { least: 1, most: 2, rank: 0 };
    expect(share([wish, { ...wish, most: 100, rank: 1 }], 10)).toEqual([2, 8]);
  });

  test('scrolling stops at both ends', () => {
    const list = [1, 2, 3, 4, 5];
    expect([tail(list, 2, 0), tail(list, 2, 1), tail(list, 2, 99)]).toEqual([
      [4, 5],
      [3, 4],
      [1, 2],
    ]);
    expect([head(list, 2, 0), head(list, 2, 99), head(list, 9, 3)]).toEqual([[1, 2], [4, 5], list]);
  });
});

describe('text on the screen', () => {
  test('wide characters take two columns, colours none', () => {
    expect(widthOf('\x1b[31m日本\x1b[0m µ─')).toBe(7);
    expect(widthOf(pad('日', 5))).toBe(5);
    expect(clip('日本語', 5)).toBe('日本…');
    expect(clip('abcdef', 4)).toBe('abc…');
    expect(clip('abcd', 4)).toBe('abcd');
  });

  test("a child's output moves no cursor", () => {
    expect(printable('\x1b[2J\x1b[31mred\x1b[0m\x07\tend\x1b]0;title\x07')).toBe('red  end');
    expect(printable('10%\r50%\r100%\r')).toBe('100%');
  });

  test('a frame writes only the lines that differ, and all lines after a change of size', () => {
    const written: string[] = [];
    const screen = new Screen((text) => written.push(text));
    screen.draw(['one', 'two'], 10);
    screen.draw(['one', 'other'], 10);
    screen.draw(['one', 'other'], 10);
    screen.draw(['one', 'other'], 9);
    expect(written).toHaveLength(3);
    expect(written[1]).toContain('other');
    expect(written[1]).not.toContain('one');
    expect(written[2]).toContain('one');
    for (const text of written) {
      expect(text.startsWith('\x1b[?2026h') && text.endsWith('\x1b[?2026l')).toBe(true);
    }
  });

  test('lines of the pane end at the ends of the output’s lines', () => {
    const pane = new OutputPane(() => {});
    const write = (text: string, holder: object | null = null, goesOn: object | null = null) =>
      pane.write(1, new TextEncoder().encode(text), holder, goesOn);
    const stream = {};
    write('[1] a\n[1] b\n');
    write('[2] long', stream);
    expect(pane.holdsLine(stream)).toBe(true);
    write(' line\n', null, stream);
    write('[1] \n');
    expect(pane.lines).toEqual(['[1] a', '[1] b', '[2] long line', '[1] ']);
  });

  test('lines of the pane are had as they were, also one that has gone on since', () => {
    const pane = new OutputPane(() => {});
    const stream = {};
    const encoder = new TextEncoder();
    pane.write(1, encoder.encode('[1] a\n[2] long'), stream);
    const { place } = pane;
    pane.write(1, encoder.encode(' line\n[1] b\n'), null, stream);
    expect(pane.linesAt(place)).toEqual(['[1] a', '[2] long']);
    expect(pane.lineAt(1)).toBe('[2] long line');
    expect(pane.linesAt([0, 0])).toEqual([]);
    expect(pane.linesAt(pane.place)).toEqual(pane.lines);
  });
});

describe('the pace', () => {
  test('a step of an iteration stops at the next one, of a phase at the next place', () => {
    const pacer = new Pacer();
    expect(pacer.arrive('iteration')).toBe(false);
    pacer.stepIteration();
    expect([pacer.arrive('phase'), pacer.arrive('iteration')]).toEqual([false, true]);
    pacer.stepPhase();
    expect(pacer.arrive('phase')).toBe(true);
    pacer.run();
    expect([pacer.arrive('phase'), pacer.arrive('iteration')]).toEqual([false, false]);
    pacer.stepTurn();
    expect([pacer.arrive('iteration'), pacer.arrive('turn')]).toEqual([false, true]);
  });

  test('slow motion has an end in both directions, and does not slow steps', () => {
    const pacer = new Pacer();
    pacer.faster();
    expect(pacer.delayNs).toBe(0);
    for (let i = 0; i < 9; i++) pacer.slower();
    expect(pacer.delayNs).toBe(1e9);
    pacer.stepIteration();
    expect(pacer.delayNs).toBe(0);
  });
});

describe('the iterations of a drive by aio_poll', () => {
  test('are the outermost aio_polls, each with a poll and a dispatch', () => {
    const rounds = new AioPollRounds();
    const events = [
      EV.aio_notify,
      EV.aio_poll_begin,
      EV.poll_enter,
      EV.poll_return,
      // From a callback, which is dispatch as before.
      EV.aio_poll_begin,
      EV.poll_enter,
      EV.poll_return,
      EV.aio_poll_end,
      EV.aio_poll_end,
      // A main_loop_wait in between is not an aio_poll.
      EV.poll_enter,
      EV.aio_poll_begin,
    ];
    const marks = events.map((id) => rounds.at(id)).filter((mark): mark is Mark => mark !== null);
    expect(marks).toEqual([
      { kind: 'begin', iteration: 1 },
      { kind: 'phase', phase: 'poll' },
      { kind: 'phase', phase: 'dispatch' },
      { kind: 'end' },
      { kind: 'begin', iteration: 2 },
    ]);
  });
});

describe('the children of a scenario', () => {
  const def = (name: string, rest: Partial<ChildDef> = {}): ChildDef => ({
    ...{ section: 'children', name, at: { line: 1, column: 1 } },
    ...{ afterNs: null, exit: null, signal: null, stop: false, write: null, ignore: [] },
    ...{ children: 0, command: null, start: false },
    ...rest,
  });

  test('have a row each, and one more for each time that they are started again', () => {
    const children = new RunChildren([def('a', { afterNs: 1e6, exit: 3 }), def('b')]);
    expect(children.rows.map(({ number, pid, command }) => [number, pid, command])).toEqual([
      [1, 0, 'a: after 1ms, exit 3'],
      [2, 0, 'b: runs until killed'],
    ]);
    children.take(EV.child_spawn, 5, [100, 'b', 'x']);
    children.take(EV.child_spawn, 6, [101, 'b', 'x']);
    children.take(EV.child_reap, 9, [101, 'b', 2, 15, 7, 8, 0, 0]);
    expect(
      children.rows.map(({ pid, startNs, endNs, code, status }) => [
        pid,
        startNs,
        endNs,
        code,
        status,
      ]),
    ).toEqual([
      [0, 0, 0, 0, 0],
      [100, 5, 0, 0, 0],
      [101, 6, 9, 2, 15],
    ]);
  });

  test.each([
    [{ signal: 15 }, 'c: SIGTERM'],
    [{ stop: true, afterNs: 2e9 }, 'c: after 2s, stop'],
    [{ command: ['/bin/sh', 'sh', '-c', 'make -j2'] }, 'c: make -j2'],
  ])('%j', (rest, text) => {
    expect(new RunChildren([def('c', rest)]).rows[0]!.command).toBe(text);
  });
});
