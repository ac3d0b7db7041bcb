import type { Story, StoryStep } from '../../explore/story.ts';
import { type Found, nameOf } from './verdict.ts';

const LANE = 260;
const ROW = 44;
const TOP = 70;
const LEFT = 50;
const BOX = 170;

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #68707a; --line: #c8ced6; --box: #eef2f7;
  --held: #ffe2a8; --bad: #b3261e; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --dim: #9aa3ae; --line: #444c56;
  --box: #2a313a; --held: #5f4a12; --bad: #ff8a80; --page: #15191e; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: var(--ink); background: var(--page); }
h1 { font-size: 1.3rem; } .error { color: var(--bad); font-weight: 600; }
figure { margin: 0; overflow-x: auto; }
text { font: 12px ui-monospace, monospace; fill: var(--ink); } .name { font-weight: 700; font-size: 14px; }
.says { fill: var(--dim); font-size: 11px; } .bad { fill: var(--bad); font-weight: 700; }
line { stroke: var(--line); } rect { fill: var(--box); stroke: var(--line); }
rect.held { fill: var(--held); } rect.flush { fill: none; stroke-dasharray: 3 2; }
`;

/** The story as a page of its own: one lane a thread, and the buffers beside them. */
export function storyHtml(found: Found, story: Story): string {
  const width = LEFT + LANE * story.threads.length;
  const height = TOP + ROW * (story.steps.length + 1) + 20;
  const title = `${nameOf(found)}: ${story.error}`;
  const lanes = story.threads.map((name, thread) => {
    const x = laneAt(thread);
    return (
      `<line x1="${x}" y1="${TOP - 20}" x2="${x}" y2="${height - 20}"/>` +
      `<text class="name" x="${x - 10}" y="${TOP - 32}">${escaped(name)}</text>`
    );
  });
  const rows = story.steps.map((step, i) => rowOf(step, i));
  const bottom = TOP + ROW * story.steps.length + 16;
  const ends = story.waits.map((wait, thread) =>
    wait === null
      ? ''
      : `<text class="bad" x="${laneAt(thread) - 10}" y="${bottom}">waits for ${escaped(wait)} for ever</text>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(nameOf(found))}</h1>
<p class="error">${escaped(story.error)}</p>
<p>Under ${found.model}, ${story.steps.length} steps${found.isShortest ? ': no way is shorter' : ''}. Time goes down.
A filled box beside a lane is a store that waits in the thread’s buffer; a dashed one reaches memory.</p>
<figure><svg role="img" aria-label="${escaped(title)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
${lanes.join('\n')}
${rows.join('\n')}
${ends.join('')}
</svg></figure></body></html>
`;
}

function laneAt(thread: number): number {
  return LEFT + LANE * thread;
}

function rowOf(step: StoryStep, row: number): string {
  const y = TOP + ROW * row;
  const x = laneAt(step.thread) - 10;
  const kind = step.isFlush ? ' class="flush"' : '';
  const says = step.method === '' ? step.says : `${step.method}: ${step.says}`;
  const box =
    `<rect${kind} x="${x}" y="${y - 15}" width="${BOX}" height="20" rx="3"/>` +
    `<text x="${x + 5}" y="${y}">${escaped(fitting(step.operation, 23))}<title>${escaped(step.operation)}</title></text>` +
    `<text class="says" x="${x + 5}" y="${y + 17}">${escaped(fitting(says.replace(/: $/, ''), 38))}<title>${escaped(says)}</title></text>`;
  const held = step.buffers.map((buffer, thread) =>
    buffer
      .map(({ word, value }, i) => {
        const left = laneAt(thread) + BOX - 4 + 0 * i;
        const top = y - 15 + 13 * i;
        return (
          `<rect class="held" x="${left}" y="${top}" width="72" height="13"/>` +
          `<text class="says" x="${left + 3}" y="${top + 10}">${escaped(fitting(`${word}=${value}`, 11))}</text>`
        );
      })
      .join(''),
  );
  return `<g>${box}${held.join('')}</g>`;
}

function fitting(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
