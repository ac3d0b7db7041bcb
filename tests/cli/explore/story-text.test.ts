import { expect, it } from 'vitest';
import { storyText } from '../../../src/cli/explore/story-text.ts';
import type { Story } from '../../../src/explore/story.ts';

const STORY: Story = {
  threads: ['poller', 'scheduler a'],
  steps: [
    {
      thread: 1,
      operation: 'compare and exchange BH_LIST 0 to 4: done',
      method: 'enqueue',
      says: 'puts its bottom half on the list',
      isFlush: false,
      buffers: [[], []],
    },
    {
      thread: 1,
      operation: 'load NOTIFY_ME: 0',
      method: 'notify',
      says: 'looks whether anybody sleeps',
      isFlush: false,
      buffers: [[{ word: 'BH_LIST', value: 7 }], [{ word: 'NOTIFIED', value: 1 }]],
    },
  ],
  waits: ['eventfd', null],
  error: 'poller sleeps for ever',
} as Story;

function words(text: string): string[] {
  return text.split(/\s+/);
}

it.each([64, 72, 80, 100, 120])('a story fits into %i columns, and loses no word', (width) => {
  const text = storyText(STORY, { color: false, width }, 'steps');
  expect(text.split('\n').filter((line) => line.length > width)).toEqual([]);
  expect(words(text)).toEqual(words(storyText(STORY, { color: false, width: 0 }, 'steps')));
});
