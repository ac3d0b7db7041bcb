import type { Section } from './vocabulary.ts';

/**
 * The values that a `log` of a file with several threads may show: `$(context)`, `$(WORD)`, or
 * `$(NAME.property)`.
 */

/** A text, or the name of a value, as a log's text is made of them. */
export type LogPart = string | { readonly of: string | null; readonly value: string };

/** Values of the acting thread. */
export const OWN_VALUES = [
  'context',
  'bql',
  'in_coroutine',
  'waited',
  'condition',
  'result',
] as const;

/** Properties of objects, by section. A context's are those of main too. */
export const PROPERTIES: Partial<Record<Section, readonly string[]>> = {
  iothreads: ['notify_me', 'notified', 'eventfd'],
  fds: ['readable'],
  notifiers: ['readable', 'cleared'],
  coroutines: ['home'],
  requests: ['ret'],
};

const VALUE = /\$\(([^()]+)\)/g;

/** The parts of a log's text. */
export function partsOf(text: string): LogPart[] {
  const parts: LogPart[] = [];
  let from = 0;
  for (const { 0: all, 1: inside, index } of text.matchAll(VALUE)) {
    if (index > from) parts.push(text.slice(from, index));
    const dot = inside!.lastIndexOf('.');
    if (dot < 0) parts.push({ of: null, value: inside! });
    else parts.push({ of: inside!.slice(0, dot), value: inside!.slice(dot + 1) });
    from = index + all.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Matches the entries that a log's text can become. */
export function entryPattern(text: string): RegExp {
  const parts = partsOf(text).map((part) =>
    typeof part === 'string' ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : '.*',
  );
  return new RegExp(`^${parts.join('')}$`, 's');
}
