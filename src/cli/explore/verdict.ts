import type { Found } from '../../explore/finder.ts';
import { GREEN, paint, RED, type Style, wordLines, wrap } from '../text/style.ts';
import { count, countMany } from '../text/units.ts';

export function foundText(found: Found, style: Style): string {
  const say = (text: string): string => wrap(text, 0, 2, style.width);
  if (found.error !== null) {
    const steps = count(found.story!.steps.length, 'step');
    const way = found.isShortest
      ? `the shortest way has ${steps}`
      : `this way has ${steps}; ${WHY[found.ended]} in the search for a shorter one`;
    return `${headText(found, found.error, RED, style)}\n${say(`under ${found.model}; ${way}`)}\n`;
  }
  const verdict =
    found.ended === 'done'
      ? `no error in any interleaving under ${found.model}`
      : `${WHY[found.ended]}: no error in the states so far under ${found.model}`;
  const head = headText(found, verdict, found.ended === 'done' ? GREEN : '', style);
  return `${head}\n${say(sizeText(found))}\n`;
}

const WHY: Readonly<Record<Found['ended'], string>> = {
  done: 'nothing was found',
  memory: 'the memory is used up (see --memory)',
  interrupted: 'interrupted',
};

function sizeText({ states, transitions, ends }: Found): string {
  const parts = [countMany(states, 'state'), countMany(transitions, 'transition')];
  return [...parts, countMany(ends, 'end')].join(', ');
}

/** The program and its verdict: in one line, or in several on a narrow terminal. */
function headText(found: Found, verdict: string, color: string, style: Style): string {
  const name = nameOf(found);
  const { width } = style;
  if (width === 0 || name.length + 2 + verdict.length <= width) {
    return `${name}: ${paint(style, color, verdict)}`;
  }
  const lines = wordLines(verdict, 2, 2, width).map((line) => `  ${paint(style, color, line)}`);
  return [`${name}:`, ...lines].join('\n');
}

export function nameOf({ program, without }: Pick<Found, 'program' | 'without'>): string {
  return without === '' ? program : `${program} --without ${without}`;
}
