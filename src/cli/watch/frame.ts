/** Composes a frame: the header, the clipped sections, and the last line. */

import { guarded } from '../../trace/visible.ts';
import { BOLD, DIM, paint, RESET } from '../text/style.ts';
import { formatDuration } from '../text/units.ts';
import type { Controls, SectionName } from './controls.ts';
import { EventRows } from './event-rows.ts';
import { help } from './help.ts';
import { head, rule, share, tail } from './layout.ts';
import type { Pacer } from './pacer.ts';
import { clip, pad } from './screen.ts';
import {
  BH_HEADING,
  bottomHalfRows,
  brief,
  CHILD_HEADING,
  childRow,
  FD_HEADING,
  fdRows,
  type Shown,
  signalText,
  TIMER_HEADING,
  timerRows,
} from './tables.ts';
import { THREAD_HEADING, threadRows } from './thread-table.ts';

export interface FrameParts {
  readonly view: Shown;
  readonly pacer: Pacer;
  readonly controls: Controls;
  readonly output: readonly string[];
  /** News besides the pace: that all children have ended, that we quit. */
  readonly state: string;
  /** The next step of the loop: the one it is paused before, or would be. */
  readonly before: string;
}

/** Rows for the explanation of an event: a rule, the sentence in two, and the names in two. */
const EXPLAINED = 5;

/** Share of the rows for the events while the loop is paused or stepped. */
const STEPPED = 0.45;

const INVERSE = '\x1b[7m';
/** From this width on, the tables of bottom halves and timers are to the right of the fds. */
const WIDE = 72;

/** A part of the screen. Its rows are asked for once its height is known. */
interface Section {
  readonly names: readonly SectionName[];
  readonly title: string;
  readonly least: number;
  readonly wants?: number;
  readonly most: number;
  readonly rank: number;
  rows(height: number, width: number): readonly string[];
}

/** The lines of a frame: as many as rows, none wider than columns. */
export function frame(parts: FrameParts, columns: number, rows: number): string[] {
  const { controls, view } = parts;
  const top = header(parts, columns, rows);
  const events = new EventRows(view, controls);
  const room = Math.max(0, rows - top.length - 1);
  const below = controls.explain && !controls.help ? Math.min(EXPLAINED, room >> 1) : 0;
  const body = controls.help
    ? help(view.model.drawnByLoop, controls.takesTurns).slice(0, room)
    : sections(parts, events, columns, room - below);
  while (body.length < room - below) body.push('');
  if (below > 0) body.push(...events.explanation(below, columns));
  const lines = [...top, ...body, bottom(parts, columns)].slice(-rows);
  return lines
    .map((line) => clip(guardedLine(line), columns).replace(/\s+$/, ''))
    .map((line) => close(line, view));
}

/** Makes names and commands harmless: they may colour the screen, and do nothing else to it. */
function guardedLine(line: string): string {
  return guarded(line.replaceAll('\n', '\\n').replaceAll('\t', '  '));
}

/** Ends the colour of a line, since clipping may have removed its end. */
function close(line: string, { style }: Shown): string {
  return style.color && line.includes('\x1b') ? `${line}${RESET}` : line;
}

function header(parts: FrameParts, columns: number, rows: number): string[] {
  const { view, pacer, state, before } = parts;
  const { model, style, moment } = view;
  const at = pacer.running && pacer.delayNs === 0 ? '' : ` before ${before}`;
  const words = state === '' ? `${pacer.words}${at}` : state;
  const age = formatDuration(Math.max(0, moment.nowNs - moment.startNs));
  const own = model.drawnByLoop ? `  (view's own ${model.ownIterations})` : '';
  const long = ` iteration ${model.iteration}  ${words}  ${age}${own}`;
  const brief = words.replace(' before the iteration', '').replace(' before ', ' at ');
  const line =
    long.length + 3 <= columns ? long : ` iteration ${model.iteration}  ${brief}  ${age}`;
  const plain = `══${line} ${'═'.repeat(Math.max(0, columns - line.length - 3))}`;
  const bar = style.color ? `${INVERSE}${pad(clip(line, columns), columns)}${RESET}` : plain;
  const last = `last ${phaseText(view, model.lastNs)}`;
  const total = `all  ${phaseText(view, model.totalNs)}`;
  const signals = `signals ${signalText(view, columns < WIDE)} · wake-ups ${model.wakeups}`;
  return rows < 16 ? [bar, last, signals] : [bar, last, total, signals];
}

function phaseText({ model, style }: Shown, ns: Float64Array): string {
  const isNarrow = style.width < WIDE;
  const texts = model.phases.map((phase, i) => {
    const text = `${phase} ${brief(ns[i]!)}`;
    const isNow = phase === model.phase;
    if (isNarrow && ns[i] === 0 && !isNow) return '';
    return paint(style, isNow ? BOLD : '', isNarrow ? text : pad(text, phase.length + 7));
  });
  return texts.filter((text) => text !== '').join(' ') || '-';
}

function bottom({ controls, view }: FrameParts, columns: number): string {
  const { prompt, message, filter, focus } = controls;
  if (prompt?.kind === 'filter') return `filter: ${prompt.text}▏ (Enter keeps it, Esc clears it)`;
  if (prompt?.kind === 'go') return `go to iteration: ${prompt.text}▏ (Enter goes, Esc leaves)`;
  if (prompt?.kind === 'kill') {
    return `kill child number: ${prompt.text}▏ (Enter SIGTERM, ! SIGKILL, Esc leaves)`;
  }
  if (message !== '') return message;
  const set = [
    filter === '' ? '' : `filter '${filter}'`,
    focus === null ? '' : `only ${focus === 'output' ? view.outputTitle : focus}`,
    controls.scroll === 0 ? '' : 'scrolled',
  ].filter((text) => text !== '');
  const turns = controls.takesTurns;
  const keys =
    columns < WIDE
      ? `space s p ${turns ? 't ' : ''}+- / k q  ? help`
      : `space pause  s step  p phase  ${turns ? 't thread  ' : ''}+- pace  / filter  ${turns ? '' : 'k kill  '}Tab  ? help  q quit`;
  return paint(view.style, DIM, set.length === 0 ? keys : `${set.join(', ')}: Esc ends it  ? help`);
}

function sections(parts: FrameParts, events: EventRows, columns: number, room: number): string[] {
  const { controls } = parts;
  const all = allSections(parts, events, columns, room);
  const shown =
    controls.focus === null ? all : all.filter((one) => one.names.includes(controls.focus!));
  const wishes =
    controls.focus === null ? shown : shown.map((one) => ({ ...one, least: 2, most: room }));
  const heights = share(wishes, room);
  const lines: string[] = [];
  for (const [i, section] of shown.entries()) {
    const height = heights[i]!;
    if (height === 0) continue;
    const rows = [...section.rows(height - 1, columns)];
    while (rows.length < height - 1) rows.push('');
    lines.push(rule(parts.view.style, section.title, columns), ...rows);
  }
  return lines;
}

function allSections(
  parts: FrameParts,
  events: EventRows,
  columns: number,
  room: number,
): Section[] {
  const { view, controls, output } = parts;
  const filter = controls.filter.toLowerCase();
  const matches = (text: string): boolean => text.toLowerCase().includes(filter);
  const { moment, outputTitle } = view;
  const { children, threads } = moment;
  const unreaped = children.filter((row) => row.pid !== 0 && row.code === 0).length;
  const list = <T>(
    name: SectionName,
    title: string,
    rank: number,
    heading: string,
    items: readonly T[],
    row: (item: T) => string,
  ): Section => ({
    names: [name],
    title,
    rank,
    least: Math.min(3, items.length + 2),
    most: items.length + 2,
    rows: (height) => [
      paint(view.style, DIM, heading),
      ...head(items, height - 1, controls.scrolled(name, items.length - height + 1)).map(row),
    ],
  });
  const table = (name: SectionName, rank: number, heading: string, rows: string[]): Section =>
    list(name, name === 'fds' ? 'file descriptors' : name, rank, heading, rows, (row) => row);
  const fds = table('fds', 3, FD_HEADING, fdRows(view));
  const bhs = table('bottom halves', 4, BH_HEADING, bottomHalfRows(view));
  const timers = table('timers', 5, TIMER_HEADING, timerRows(view));
  const both = [...bottomHalfRows(view), ...timerRows(view)];
  const tables =
    columns < WIDE || controls.focus !== null
      ? [fds, bhs, timers]
      : [beside(fds, table('timers', 4, BOTH_HEADING, both))];
  const shownOutput = filter === '' ? output : output.filter(matches);
  const title = `children: ${unreaped} of ${children.length} not reaped`;
  const childList = list('children', title, 1, CHILD_HEADING, children, (row) =>
    childRow(row, view),
  );
  const rows = threadRows(threads, view.style, moment.nowNs);
  // A run with threads often has no children.
  const bare = threads !== null && children.length === 0 && controls.focus !== 'children';
  return [
    ...(threads === null
      ? []
      : [{ ...table('threads', 1, THREAD_HEADING, rows), least: rows.length + 2 }]),
    ...(bare ? [] : [childList]),
    ...tables,
    {
      names: ['output'],
      title: filter === '' ? outputTitle : `${outputTitle} with '${controls.filter}'`,
      least: 2,
      most: shownOutput.length + 1,
      rank: 2,
      rows: (height) =>
        tail(shownOutput, height, controls.scrolled('output', shownOutput.length - height)),
    },
    {
      names: ['events'],
      title: filter === '' ? 'events' : `events with '${controls.filter}'`,
      least: 3,
      // They are what a step shows.
      wants: parts.pacer.running ? 0 : Math.floor(STEPPED * room),
      most: Number.MAX_SAFE_INTEGER,
      rank: 0,
      rows: (height) => events.rows(height),
    },
  ];
}

const BOTH_HEADING = BH_HEADING.replace('bottom half    state', 'bottom half, timer');

/** Puts the fds on the left, the bottom halves and timers on the right. */
function beside(left: Section, right: Section): Section {
  return {
    names: [],
    title: 'file descriptors │ bottom halves and timers',
    rank: 3,
    least: 4,
    most: Math.max(left.most, right.most),
    rows: (height, columns) => {
      const half = Math.floor((columns - 3) / 2);
      const beside = right.rows(height, half);
      const rows = left.rows(height, half);
      return Array.from({ length: height }, (_, i) => {
        const cell = pad(clip(rows[i] ?? '', half), half);
        return `${cell} │ ${beside[i] ?? ''}`;
      });
    },
  };
}
