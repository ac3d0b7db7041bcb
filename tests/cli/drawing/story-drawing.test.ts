/** The drawing of an explorer's story, as the command writes it and the playground shows it. */

import { describe, expect, it } from 'vitest';
import { type Shape, shape, shapeText } from '../../../src/cli/drawing/shape.ts';
import { firstDifference, storyDrawing } from '../../../src/cli/drawing/story-drawing.ts';
import type { Story, StoryStep } from '../../../src/explore/story.ts';

function step(thread: number, operation: string, more: Partial<StoryStep> = {}): StoryStep {
  return { thread, operation, method: '', says: '', isFlush: false, buffers: [[], []], ...more };
}

const HELD = [[], [{ word: 'w', value: 1 }]];

const LOST: Story = {
  threads: ['poller', 'scheduler'],
  steps: [
    step(0, 'load w: 0', { says: 'looks', method: 'first' }),
    step(1, 'store w 1', { buffers: HELD }),
    step(1, 'load v: 0', { buffers: HELD }),
    step(0, 'sleep on e', { buffers: HELD }),
    step(1, 'w = 1', { isFlush: true }),
  ],
  error: 'poller sleeps for ever',
  waits: ['e', null],
};

/** All shapes of a drawing. */
function all(root: Shape): Shape[] {
  return [root, ...root.content.flatMap((one) => (typeof one === 'string' ? [] : all(one)))];
}

function ofClass(drawing: Shape, name: string): Shape[] {
  return all(drawing).filter(({ attributes }) =>
    String(attributes.class ?? '')
      .split(' ')
      .includes(name),
  );
}

const texts = (shapes: readonly Shape[]): unknown[] => shapes.map(({ content }) => content[0]);

describe('a story that goes wrong', () => {
  const drawing = storyDrawing(LOST, 'lost', 1);

  it('has a lane for each thread, and its name wherever it takes its turn', () => {
    expect(ofClass(drawing, 'lane')).toHaveLength(2);
    expect(texts(ofClass(drawing, 'name'))).toEqual([
      'poller',
      'scheduler',
      'poller',
      'scheduler',
      'poller',
      'scheduler',
    ]);
  });

  it('shows a store that waits: a square, a thick lane, and a ring at its end', () => {
    const squares = all(drawing).filter(({ tag }) => tag === 'rect');
    expect(squares).toHaveLength(1);
    expect(ofClass(drawing, 'flush')).toHaveLength(1);
    const held = ofClass(drawing, 'held');
    const ys = held.flatMap(({ attributes }) => [Number(attributes.y1), Number(attributes.y2)]);
    const [ring] = ofClass(drawing, 'flush');
    expect(Math.min(...ys)).toBe(Number(squares[0]!.attributes.y) + 5);
    expect(Math.max(...ys)).toBe(Number(ring!.attributes.cy));
    // Without a gap between.
    for (const { attributes } of held.slice(1)) expect(ys).toContain(attributes.y1);
  });

  it('says what each waits for at the end, and where the two begin to differ', () => {
    expect(texts(ofClass(drawing, 'bad'))).toEqual(['poller waits for e for ever']);
    expect(ofClass(drawing, 'cut')).toHaveLength(1);
    expect(ofClass(storyDrawing(LOST, 'lost'), 'cut')).toHaveLength(0);
  });

  it('has all its steps in words, for screen readers', () => {
    expect(drawing.attributes['aria-label']).toBe(
      'lost. poller: looks; scheduler: store w 1; scheduler: load v: 0; poller: sleep on e; scheduler: w = 1',
    );
  });

  it('has room for every text', () => {
    const { width, height } = drawing.attributes;
    for (const { attributes, content } of all(drawing)) {
      if (typeof content[0] !== 'string' || attributes.x === undefined) continue;
      expect(Number(attributes.x) + 6 * content[0].length).toBeLessThanOrEqual(Number(width));
      expect(Number(attributes.y)).toBeLessThan(Number(height));
    }
  });
});

it('a sound run says that each thread comes to its end', () => {
  const drawing = storyDrawing({ ...LOST, error: '', waits: [null, null] }, 'sound');
  expect(texts(ofClass(drawing, 'good'))).toEqual(['every thread comes to its end']);
  expect(ofClass(drawing, 'bad')).toEqual([]);
});

describe('the first difference', () => {
  it.each([
    ['the same', LOST, -1],
    [
      'another operation',
      { ...LOST, steps: LOST.steps.with(1, step(1, 'store with a fence w 1')) },
      1,
    ],
    ['one that is longer', { ...LOST, steps: [...LOST.steps, step(0, 'load w: 1')] }, 5],
  ] as const)('%s', (_, other, at) => {
    expect(firstDifference(LOST, other)).toBe(at);
  });
});

it('a text is never markup', () => {
  expect(shapeText(shape('text', { x: 1, 'aria-label': '"<b>"' }, "<i>&'"))).toBe(
    '<text x="1" aria-label="&#34;&#60;b&#62;&#34;">&#60;i&#62;&#38;&#39;</text>',
  );
});
