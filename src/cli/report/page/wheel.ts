import { el } from './dom.ts';
import { svg } from './svg.ts';

const PHASES = {
  main_loop: ['prepare', 'poll', 'check', 'dispatch', 'timers'],
  aio_poll: ['prepare', 'poll', 'dispatch'],
} as const;
const [SIZE, RADIUS, HOLE] = [190, 88, 34];
const CENTRE = SIZE / 2;

/** The phases of an iteration as a wheel, with the one that it is in lit up. */
export function wheel(phase: string, iteration: number, drive: 'main_loop' | 'aio_poll'): Element {
  const phases = PHASES[drive];
  const says = phase === '' ? 'between two iterations' : `in the phase ${phase}`;
  const drawing = svg(
    'svg',
    {
      viewBox: `0 0 ${SIZE} ${SIZE}`,
      class: 'wheel',
      role: 'img',
      'aria-label': `iteration ${iteration}, ${says}`,
    },
    ...phases.flatMap((name, i) => sector(name, i, phases.length, name === phase)),
    svg('text', { x: CENTRE, y: CENTRE, class: 'middle' }, String(iteration)),
    svg('text', { x: CENTRE, y: CENTRE + 14, class: 'small' }, 'iteration'),
  );
  return el('div', { class: 'wheel-box' }, drawing);
}

function point(radius: number, turn: number): string {
  const angle = 2 * Math.PI * turn - Math.PI / 2;
  return `${(CENTRE + radius * Math.cos(angle)).toFixed(1)} ${(CENTRE + radius * Math.sin(angle)).toFixed(1)}`;
}

function sector(name: string, i: number, of: number, isLit: boolean): SVGElement[] {
  const [from, to] = [(i + 0.01) / of, (i + 0.99) / of];
  const path = [
    `M ${point(RADIUS, from)}`,
    `A ${RADIUS} ${RADIUS} 0 0 1 ${point(RADIUS, to)}`,
    `L ${point(HOLE, to)}`,
    `A ${HOLE} ${HOLE} 0 0 0 ${point(HOLE, from)} Z`,
  ].join(' ');
  const [x, y] = point((RADIUS + HOLE) / 2, (i + 0.5) / of).split(' ');
  return [
    svg('path', { d: path, class: isLit ? 'sector lit' : 'sector' }),
    svg('text', { x: x!, y: y!, class: isLit ? 'middle small lit' : 'middle small' }, name),
  ];
}
