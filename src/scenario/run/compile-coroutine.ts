import { coSleepNs } from '../../coroutine/co-sleep.ts';
import type { CoroutineBody, CoroutineSteps } from '../../coroutine/coroutine.ts';
import type { Action, CoroutineDef } from '../model.ts';
import { newCallback, type Thunk } from './callback.ts';
import { compileAction } from './compile.ts';
import type { Engine } from './engine.ts';

/** An action that may yield: the caller runs its result with yield*. */
type CoThunk = () => CoroutineSteps;

type Step = { readonly plain: Thunk } | { readonly co: CoThunk };

/** The body of a coroutine, compiled from its `do` when first entered. Entering logs nothing. */
export function coroutineBody(engine: Engine, def: CoroutineDef): CoroutineBody<undefined> {
  const entered = newCallback(engine, def.name, { do: [], doRuns: 0 });
  return function* (): CoroutineSteps {
    entered.call(null);
    yield* runSteps(compileSteps(engine, def.do));
  };
}

function* runSteps(steps: readonly Step[]): CoroutineSteps {
  for (const step of steps) {
    if ('co' in step) yield* step.co();
    else step.plain();
  }
}

function compileSteps(engine: Engine, actions: readonly Action[]): Step[] {
  return actions.map((action): Step => {
    const co = compileCo(engine, action);
    return co === null ? { plain: compileAction(engine, action, 'callback') } : { co };
  });
}

/** Null for actions that do not yield. */
function compileCo(engine: Engine, action: Action): CoThunk | null {
  switch (action.op) {
    case 'yield':
      return justYield;
    case 'sleep':
      return () => coSleepNs(engine.coroutines, action.ns);
    case 'wait':
      return () => engine.queues.get(action.on.name)!.wait();
    case 'wait_front':
      return () => engine.queues.get(action.on.name)!.waitFront();
    case 'lock':
      return () => engine.mutexes.get(action.on.name)!.lock();
    case 'rdlock':
      return () => engine.rwlocks.get(action.on.name)!.rdlock();
    case 'wrlock':
      return () => engine.rwlocks.get(action.on.name)!.wrlock();
    case 'repeat': {
      const steps = compileSteps(engine, action.do);
      return function* () {
        for (let i = 0; i < action.times; i++) {
          engine.whileBusy();
          yield* runSteps(steps);
        }
      };
    }
    default:
      return null;
  }
}

function* justYield(): CoroutineSteps {
  yield;
}
