import type { Facts } from '../facts.ts';

/** The name of a thread of the trace. */
export function threadName({ threads }: Facts, thread: number): string {
  return threads[thread]!.name;
}

/** A thread within a sentence. */
export function theThread(facts: Facts, thread: number): string {
  return thread === 0 ? 'the main loop' : threadName(facts, thread);
}

/** The beginning of a sentence about a thread's loop. With one thread there is only one. */
export function loopOf(facts: Facts, thread: number): string {
  return thread === 0 ? 'The loop' : `The loop of ${threadName(facts, thread)}`;
}

/** `in io0: `; nothing for the main thread. */
export function inThread(facts: Facts, thread: number): string {
  return thread === 0 ? '' : `in ${threadName(facts, thread)}: `;
}
