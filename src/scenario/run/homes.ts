import type { ObjectDef } from '../model.ts';

/** The thread that an object lives in. */
export function homeOf(def: ObjectDef): string {
  if (def.section === 'timers') return threadOf(def.list === 'loop' ? 'main' : def.list);
  return 'context' in def ? threadOf(def.context) : 'main';
}

/** The thread that runs a context. */
export function threadOf(context: string): string {
  return context === 'iohandler' ? 'main' : context;
}
