import type { Found } from '../../explore/finder.ts';
import type { Story } from '../../explore/story.ts';
import { escaped, shapeText } from '../drawing/shape.ts';
import { firstDifference, STORY_STYLE, storyDrawing } from '../drawing/story-drawing.ts';
import { nameOf } from './verdict.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2330, #e4e8ee); --page: light-dark(#fff, #12161c);
  --line: light-dark(#dfe3e9, #2d3643); --bad: light-dark(#b3261e, #ff8a7a); --good: light-dark(#1a6e38, #6fd08f); }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; margin: 0 auto; padding: 16px; max-width: 1300px;
  color: var(--ink); background: var(--page); overflow-wrap: anywhere; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; margin: 0; }
.error { color: var(--bad); font-weight: 600; margin: 4px 0; }
.drawings { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); align-items: start; }
figure { margin: 0; padding: 12px; border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
`;

/** The story as a page of its own, with the sound program's run beside it if there is one. */
export function storyHtml(found: Found, story: Story, beside: Story | null): string {
  const title = `${nameOf(found)}: ${story.error}`;
  const differsAt = beside === null ? -1 : firstDifference(story, beside);
  const figures = [
    figure(found.without === '' ? '' : `without ${found.without}`, story, differsAt),
  ];
  if (beside !== null) {
    figures.push(figure('as shipped, by the same turns as far as they go', beside, differsAt));
  }
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}${STORY_STYLE}</style></head><body>
<h1>${escaped(nameOf(found))}</h1>
<p class="error">${escaped(story.error)}</p>
<p>Under ${found.model}, ${story.steps.length} steps${found.isShortest ? ': no way is shorter' : ''}. Time goes down.
A square is a store that waits in its thread’s buffer, a thick lane such a wait, and a ring its end.</p>
<div class="drawings">
${figures.join('\n')}
</div></body></html>
`;
}

function figure(heading: string, story: Story, differsAt: number): string {
  const head = heading === '' ? '' : `<h2>${escaped(heading)}</h2>`;
  return `<figure>${head}${shapeText(storyDrawing(story, heading, differsAt))}</figure>`;
}
