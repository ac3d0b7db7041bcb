import type { Found } from '../../explore/finder.ts';
import { GREEN, paint, RED, type Style } from '../text/style.ts';
import { count } from '../text/units.ts';

export function foundText(found: Found, style: Style): string {
  const name = nameOf(found);
  const size = `${count(found.states, 'state')}, ${count(found.transitions, 'transition')}, ${count(found.ends, 'end')}`;
  if (found.error !== null) {
    const steps = count(found.story!.steps.length, 'step');
    const way = found.isShortest ? `the shortest way has ${steps}` : `this way has ${steps}`;
    return `${name}: ${paint(style, RED, found.error)}\nunder ${found.model}; ${way}\n`;
  }
  if (found.ended === 'done') {
    return `${name}: ${paint(style, GREEN, 'no error')} in any interleaving under ${found.model}\n${size}\n`;
  }
  const why = found.ended === 'memory' ? 'the memory is used up (see --memory)' : 'interrupted';
  return `${name}: ${why}: no error in the states so far under ${found.model}\n${size}\n`;
}

export function nameOf({ program, without }: Pick<Found, 'program' | 'without'>): string {
  return without === '' ? program : `${program} --without ${without}`;
}
