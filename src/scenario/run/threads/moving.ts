import type { CoroutineSteps } from '../../../coroutine/coroutine.ts';
import type { MovingBody, MovingCoroutine } from '../../../thread/co/moving-coroutine.ts';
import type { Action } from '../../model.ts';

/** Does one action of a coroutine; the label is where it goes on in another thread. */
export type MovingStep = (co: MovingCoroutine, label: number) => CoroutineSteps | undefined;

/** An action that is done, or a list of them that is repeated. */
type Part =
  | { readonly step: MovingStep; readonly size: 1 }
  | { readonly parts: readonly Part[]; readonly once: number; readonly size: number };

/**
 * The body of a coroutine that moves: its label is the number of actions that it has done, with
 * those of repeats counted each time.
 * @param onBegin called when it is entered for the first time
 */
export function movingBody(
  actions: readonly Action[],
  compile: (action: Action) => MovingStep,
  onBegin: () => void,
): MovingBody {
  let parts: readonly Part[] | null = null;
  return function* (co) {
    parts ??= partsOf(actions, compile);
    if (co.label === 0) onBegin();
    const size = sizeOf(parts);
    for (let label = co.label; label < size; label++) {
      const steps = stepAt(parts, label)(co, label + 1);
      if (steps !== undefined) yield* steps;
    }
  };
}

function partsOf(actions: readonly Action[], compile: (action: Action) => MovingStep): Part[] {
  return actions.map((action): Part => {
    if (action.op !== 'repeat') return { step: compile(action), size: 1 };
    const parts = partsOf(action.do, compile);
    const once = sizeOf(parts);
    return { parts, once, size: once * action.times };
  });
}

function sizeOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

function stepAt(parts: readonly Part[], label: number): MovingStep {
  let rest = label;
  for (const part of parts) {
    if (rest < part.size) {
      return 'step' in part ? part.step : stepAt(part.parts, rest % part.once);
    }
    rest -= part.size;
  }
  throw new Error(`a coroutine has no action ${label}`);
}
