import { visible } from '../../trace/visible.ts';
import { count, formatDuration } from '../text/units.ts';
import { type ContentionRow, contention, lengthNs } from './big-lock.ts';
import type { Facts } from './facts.ts';
import { theThread } from './findings/names.ts';

/** Whom a thread waited for, and for how long: `cpu0 (25 ms), io0 (1 ms)`. */
export function behindText(facts: Facts, { behind }: ContentionRow): string {
  return behind
    .map(({ thread, ns }) => `${theThread(facts, thread)} (${formatDuration(ns)})`)
    .join(', ');
}

/** A line for each thread that waited for the BQL; nothing if none did. */
export function contentionText(facts: Facts): string {
  const rows = contention(facts.bql).filter(({ waits }) => waits > 0);
  if (rows.length === 0) return '';
  const lines = rows.map((row) => {
    const { locks, waits, waitedNs, longest } = row;
    const name = visible(theThread(facts, row.thread));
    const most = longest === null ? 0 : lengthNs(longest);
    const each = waits === 1 ? '' : ` (the longest ${formatDuration(most)})`;
    const times = `${formatDuration(waitedNs)}${each} in ${waits} of ${count(locks, 'lock')}`;
    return `    ${name} waited ${times}, behind ${visible(behindText(facts, row))}\n`;
  });
  return `  the BQL:\n${lines.join('')}`;
}
