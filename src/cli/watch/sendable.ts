import type { Pacer } from './pacer.ts';
import type { Sendable } from './steps-back.ts';
import type { Travel } from './travel.ts';

/** A run that its view only looks at, as it can be sent on its way. */
export function sendableOf(
  travel: Travel,
  pacer: Pacer,
  { isOver, again }: Pick<Sendable, 'isOver' | 'again'>,
): Sendable {
  const runOn = (): string => {
    pacer.run();
    return '';
  };
  return {
    isOver,
    again,
    goTo: (iteration) => {
      travel.goal = iteration;
      return runOn();
    },
    searchOn: (text) => {
      travel.searchOn(text);
      return runOn();
    },
    // The run goes to the end of its iteration.
    standStill: () => {
      if (!isOver() && pacer.running) pacer.stepIteration();
    },
  };
}
