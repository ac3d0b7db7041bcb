import { visible } from '../../trace/visible.ts';
import { count, formatDuration } from '../text/units.ts';
import { type BigLock, type ContentionRow, contention, lengthNs } from './big-lock.ts';
import type { Facts } from './facts.ts';
import { theThread } from './findings/names.ts';

/** Whom a thread waited for, and for how long: `cpu0 (25 ms), io0 (1 ms)`. */
export function behindText(facts: Facts, { behind }: ContentionRow): string {
  return behind
    .map(({ thread, ns }) => `${theThread(facts, thread)} (${formatDuration(ns)})`)
    .join(', ');
}

/** A line for each thread that waited for the BQL, or for another vCPU; nothing if none did. */
export function contentionText(facts: Facts): string {
  const bql = lines(facts, facts.bql, 'lock');
  const alone = lines(facts, facts.exclusive, 'wait');
  return `${bql === '' ? '' : `  the BQL:\n${bql}`}${alone === '' ? '' : `  vCPUs that run alone:\n${alone}`}`;
}

/** @param what the thing that all of a thread's waits were */
function lines(facts: Facts, lock: BigLock, what: string): string {
  const rows = contention(lock).filter(({ waits }) => waits > 0);
  const made = rows.map((row) => {
    const { locks, waits, waitedNs, longest } = row;
    const name = visible(theThread(facts, row.thread));
    const most = longest === null ? 0 : lengthNs(longest);
    const each = waits === 1 ? '' : ` (the longest ${formatDuration(most)})`;
    const times = `${formatDuration(waitedNs)}${each} in ${waits} of ${count(locks, what)}`;
    return `    ${name} waited ${times}, behind ${visible(behindText(facts, row))}\n`;
  });
  return made.join('');
}
