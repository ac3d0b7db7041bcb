import type { AxisKind } from './axis.ts';
import { button } from './dom.ts';

/** Switches the timeline between time and one step for each event. */
export function axisButton(timeline: { axis: AxisKind }): HTMLButtonElement {
  const made = button('', () => {
    timeline.axis = timeline.axis === 'time' ? 'steps' : 'time';
    name();
  });
  made.id = 'axis';
  const name = (): void => {
    made.textContent = `axis: ${timeline.axis}`;
  };
  name();
  return made;
}
