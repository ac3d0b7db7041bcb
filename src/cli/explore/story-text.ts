import type { Story, StoryStep } from '../../explore/story.ts';
import { childColor, DIM, paint, RED, type Style, wordLines } from '../text/style.ts';

/** The drawing is beside the steps from this width on; a file has no width. */
const WIDE = 64;

/**
 * A story for a terminal: a line for each step, with the thread that does it, or a drawing with a
 * lane for each thread, which fits into 40 columns.
 */
export function storyText(story: Story, style: Style, view?: 'steps' | 'lanes'): string {
  const isWide = style.width === 0 || style.width >= WIDE;
  const shown = view ?? (isWide ? 'steps' : 'lanes');
  const lines = shown === 'steps' ? stepLines(story, style) : laneLines(story, style);
  return `\n${lines.join('\n')}\n\n${endLines(story, style).join('\n')}\n`;
}

/** Less room beside an operation: what it says begins a line of its own. */
const LEAST_BESIDE = 24;

function stepLines(story: Story, style: Style): string[] {
  const names = Math.max(...story.threads.map(({ length }) => length));
  const operations = Math.max(...story.steps.map(({ operation }) => operation.length));
  const { width } = style;
  const indent = 4 + names;
  const column = indent + operations + 2;
  const isBeside = width === 0 || width - column >= LEAST_BESIDE;
  let last = -1;
  return story.steps.flatMap((step) => {
    const name = step.thread === last ? '' : story.threads[step.thread]!;
    last = step.thread;
    const thread = paint(style, childColor(step.thread + 1), name.padEnd(names));
    const at = isBeside ? column : indent + 2;
    const said = wordLines(saying(step), at, at, width);
    const buffers = buffersOf(story, step);
    const held = buffers === '' ? [] : heldLines(buffers, said.at(-1)!.length, at, style);
    const begin = `  ${thread}  ${step.operation}`;
    const gap = ' '.repeat(operations - step.operation.length + 2);
    const pad = ' '.repeat(at);
    const lines = isBeside ? said : ['', ...said];
    return lines
      .map((line, i) => {
        const end = i === lines.length - 1 ? (held[0] ?? '') : '';
        const text = i > 0 ? pad + line : isBeside ? begin + gap + line : begin;
        return `${text.trimEnd()}${end}`;
      })
      .concat(held.slice(1).map((line) => pad + line));
  });
}

/** The stores that wait, behind a text of this length if there is room, else below it. */
function heldLines(buffers: string, used: number, at: number, style: Style): string[] {
  const { width } = style;
  const whole = `[${buffers}]`;
  const fits = width === 0 || at + used + 2 + whole.length <= width;
  if (fits) return [paint(style, DIM, `  ${whole}`)];
  return ['', ...wordLines(whole, at, at, width).map((line) => paint(style, DIM, line))];
}

function saying({ says, method }: StoryStep): string {
  if (method === '') return says;
  return says === '' ? method : `${method}: ${says}`;
}

/** The stores that have not reached memory. */
function buffersOf({ threads }: Story, { buffers }: StoryStep): string {
  return buffers
    .flatMap((buffer, thread) =>
      buffer.map(({ word, value }) => `${threads[thread]}: ${word} = ${value}`),
    )
    .join(', ');
}

/** `●` is a step, `□` a store that waits in the thread's buffer, `▽` one that reaches memory. */
function laneLines(story: Story, style: Style): string[] {
  const count = story.threads.length;
  const head = story.threads.map((name, thread) => `  ${'│ '.repeat(thread)}${name}`);
  const indent = 2 + 2 * count;
  const lines = story.steps.flatMap((step) => {
    const lanes = step.buffers.map((buffer, thread) => {
      const mark = step.isFlush ? '▽' : '●';
      const lane = thread === step.thread ? mark : buffer.length > 0 ? '□' : '│';
      return paint(style, childColor(thread + 1), lane);
    });
    const rest = step.buffers.map((buffer) => (buffer.length > 0 ? '□' : '│')).join(' ');
    const text = step.says === '' ? step.operation : `${step.says} (${step.operation})`;
    const [first, ...more] = wordLines(text, indent, indent, style.width);
    return [`  ${lanes.join(' ')} ${first}`, ...more.map((line) => `  ${rest} ${line}`)];
  });
  const marks = story.waits.map((wait) => (wait === null ? ' ' : '∞'));
  return [...head, ...lines, `  ${marks.join(' ')}`];
}

function endLines(story: Story, style: Style): string[] {
  const sleeping = story.waits.flatMap((wait, thread) =>
    wait === null ? [] : [`${story.threads[thread]} waits for ${wait}`],
  );
  return [...sleeping, story.error]
    .flatMap((line) => wordLines(line, 2, 4, style.width))
    .map((line) => `  ${paint(style, RED, line)}`);
}
