/** An explorer's story, drawn: a lane for each thread, and a row for each step. Time goes down. */

import type { Story, StoryStep } from '../../explore/story.ts';
import { type Shape, shape } from './shape.ts';

const LANE = 24;
const LEFT = 14;
const NAME = 22;
const ROW = 38;
const NOTE = 26;
/** Between one thread's steps and the next one's name. */
const GAP = 6;
/** Widths of a letter, about. */
const LETTER = 6.9;
const CODE_LETTER = 6.75;
const MOST_LETTERS = 64;

/** The colours of the lanes; a fifth thread has the first one's. */
const COLOURS = 4;

/** Goes with the drawing into any page. */
export const STORY_STYLE = `
.story-drawing { display: block; height: auto; max-width: 100%; font: 13px system-ui, "DejaVu Sans", sans-serif;
  --d-text: light-dark(#1c2330, #e4e8ee); --d-faint: light-dark(#5b6675, #9ba7b6); --d-bad: light-dark(#b3261e, #ff8a7a);
  --d-good: light-dark(#1a6e38, #6fd08f); --d-held: light-dark(#d18b00, #e0a030);
  --d0: light-dark(#0b57b0, #7fb4ff); --d1: light-dark(#7a3fb5, #c9a2f2); --d2: light-dark(#0b7a75, #59c7c0); --d3: light-dark(#8a3a5b, #f0a0c0); }
.story-drawing text { fill: var(--d-text); } .story-drawing .name { font-weight: 600; }
.story-drawing .code { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--d-faint); }
.story-drawing .note { fill: var(--d-faint); font-style: italic; }
.story-drawing .bad { fill: var(--d-bad); font-weight: 600; } .story-drawing .good { fill: var(--d-good); font-weight: 600; }
.story-drawing .cut { stroke: var(--d-faint); stroke-dasharray: 5 4; }
.story-drawing .lane { stroke-width: 2; } .story-drawing .held { stroke: var(--d-held); stroke-width: 7; opacity: .75; }
.story-drawing .asleep { stroke-dasharray: 2 4; }
${[0, 1, 2, 3]
  .map(
    (i) =>
      `.story-drawing .t${i} { stroke: var(--d${i}); fill: var(--d${i}); } .story-drawing text.t${i} { stroke: none; }`,
  )
  .join('\n')}
.story-drawing .flush { fill: none; stroke-width: 2; }
`;

/**
 * @param title its name for screen readers
 * @param differsAt the step from which on it differs from the one beside it; -1 for none
 */
export function storyDrawing(story: Story, title: string, differsAt = -1): Shape {
  const { threads, steps } = story;
  const textAt = LEFT + LANE * threads.length;
  const rows: Shape[] = [];
  const marks: Shape[] = [];
  const held: Shape[] = [];
  const lastAt = threads.map(() => 0);
  let y = 6;
  threads.forEach((name, thread) => {
    y += NAME;
    lastAt[thread] = y;
    rows.push(line(laneAt(thread) + 10, y, `name ${colour(thread)}`, name));
  });
  const top = [...lastAt];
  y += 10;
  let before: StoryStep | null = null;
  steps.forEach((step, i) => {
    if (i === differsAt) {
      y += NOTE;
      rows.push(cutAt(y, textAt, 'here the two begin to differ'));
    }
    if (step.thread !== before?.thread) {
      y += NAME + GAP;
      rows.push(line(textAt, y, `name ${colour(step.thread)}`, threads[step.thread]!));
      y -= GAP;
    }
    y += ROW;
    rows.push(...rowOf(step, before, y, textAt));
    marks.push(markOf(step, before, y));
    before?.buffers.forEach((buffer, thread) => {
      if (buffer.length > 0) held.push(bar(thread, lastAt[thread]!, y - 14));
    });
    lastAt[step.thread] = y - 14;
    step.buffers.forEach((_, thread) => {
      if (thread !== step.thread && (before?.buffers[thread]?.length ?? 0) > 0)
        lastAt[thread] = y - 14;
    });
    before = step;
  });
  const bottom = y + 10;
  const ends = endsOf(story, bottom, textAt);
  const lanes = threads.map((_, thread) =>
    shape('line', {
      class: `lane ${colour(thread)}`,
      x1: laneAt(thread),
      x2: laneAt(thread),
      y1: top[thread]! - 8,
      y2: bottom,
    }),
  );
  const height = bottom + 24 * ends.length + 10;
  const width = Math.round(textAt + widest(story));
  return shape(
    'svg',
    {
      class: 'story-drawing',
      role: 'img',
      'aria-label': `${title}. ${spoken(story)}`,
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
    },
    ...lanes,
    ...held,
    ...marks,
    ...rows,
    ...ends,
  );
}

/** The first step that differs; -1 if none does. */
export function firstDifference(a: Story, b: Story): number {
  const most = Math.max(a.steps.length, b.steps.length);
  for (let i = 0; i < most; i++) {
    const [one, other] = [a.steps[i], b.steps[i]];
    if (one?.thread !== other?.thread || one?.operation !== other?.operation) return i;
  }
  return -1;
}

function laneAt(thread: number): number {
  return LEFT + LANE * thread;
}

function colour(thread: number): string {
  return `t${thread % COLOURS}`;
}

function line(x: number, y: number, kind: string, text: string): Shape {
  const whole = text.length > MOST_LETTERS ? [shape('title', {}, text)] : [];
  return shape('text', { class: kind, x, y }, fitting(text), ...whole);
}

function cutAt(y: number, textAt: number, text: string): Shape {
  const attributes = { class: 'cut', x1: 0, x2: textAt + 200, y1: y - 15, y2: y - 15 };
  return shape('g', {}, shape('line', attributes), line(textAt, y + 1, 'note', text));
}

function rowOf(step: StoryStep, before: StoryStep | null, y: number, textAt: number): Shape[] {
  const says = step.says === '' ? step.operation : step.says;
  return [line(textAt, y - 10, '', says), line(textAt, y + 5, 'code', codeOf(step, before))];
}

/** The operation unless it is said already, in whose course it is done, and whether it stays in the buffer. */
function codeOf(step: StoryStep, before: StoryStep | null): string {
  const operation = step.says === '' ? '' : step.operation;
  const where =
    step.method === '' ? '' : operation === '' ? `in ${step.method}` : ` (${step.method})`;
  return `${operation}${where}${isHeld(step, before) ? ', still in its buffer' : ''}`;
}

/** Whether the step is a store that has not reached memory. */
function isHeld({ thread, buffers }: StoryStep, before: StoryStep | null): boolean {
  return buffers[thread]!.length > (before?.buffers[thread]?.length ?? 0);
}

/** A dot is a step, a square a store that waits, a ring one that reaches memory. */
function markOf(step: StoryStep, before: StoryStep | null, y: number): Shape {
  const x = laneAt(step.thread);
  const kind = colour(step.thread);
  if (isHeld(step, before)) {
    return shape('rect', { class: kind, x: x - 5, y: y - 19, width: 10, height: 10 });
  }
  const ring = step.isFlush ? ' flush' : '';
  return shape('circle', { class: `${kind}${ring}`, cx: x, cy: y - 14, r: 5 });
}

function bar(thread: number, from: number, to: number): Shape {
  const x = laneAt(thread);
  return shape('line', { class: 'held', x1: x, x2: x, y1: from, y2: to });
}

function endsOf(story: Story, bottom: number, textAt: number): Shape[] {
  return endLines(story).map((text, i) =>
    line(textAt, bottom + 18 + 24 * i, story.error === '' ? 'good' : 'bad', text),
  );
}

function endLines({ error, threads, waits }: Story): string[] {
  if (error === '') return ['every thread comes to its end'];
  const waiting = waits.flatMap((wait, thread) =>
    wait === null ? [] : [`${threads[thread]} waits for ${wait} for ever`],
  );
  return waiting.length === 0 ? [error] : waiting;
}

function widest(story: Story): number {
  const { steps, threads } = story;
  const widths = steps.map((step, i) => {
    const code = fitting(codeOf(step, steps[i - 1] ?? null)).length * CODE_LETTER;
    return Math.max(fitting(step.says).length * LETTER, code);
  });
  const names = [...endLines(story), ...threads].map((text) => fitting(text).length * LETTER * 1.1);
  return Math.max(220, ...widths, ...names) + 6;
}

/** The steps in words, for those who do not see the drawing. */
function spoken({ threads, steps }: Story): string {
  return steps
    .map((step) => `${threads[step.thread]}: ${step.says === '' ? step.operation : step.says}`)
    .join('; ');
}

function fitting(text: string): string {
  return text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS - 1)}…`;
}
