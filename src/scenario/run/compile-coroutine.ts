import { CoRwlock } from '../../coroutine/co-rwlock.ts';
import { coSleepNs } from '../../coroutine/co-sleep.ts';
import type { CoroutineBody, CoroutineSteps } from '../../coroutine/coroutine.ts';
import type { Action, CoroutineDef } from '../model.ts';
import type { RequestDef } from '../model-threads.ts';
import type { Thunk } from './callback.ts';
import { compileAction } from './compile.ts';
import type { Lane } from './lane.ts';
import type { MovingStep } from './threads/moving.ts';
import { reschedule } from './threads/shared-co.ts';

/** An action that may yield: the caller runs its result with yield*. */
type CoThunk = () => CoroutineSteps;

type Step = { readonly plain: Thunk } | { readonly co: CoThunk };

/** The body of a coroutine, compiled from its `do` when first entered. Entering logs nothing. */
export function coroutineBody(lane: Lane, def: CoroutineDef): CoroutineBody<undefined> {
  const entered = lane.newCallback(def.name, { do: [], doRuns: 0 });
  return function* (): CoroutineSteps {
    entered.call(null);
    yield* runSteps(compileSteps(lane, def.do));
  };
}

function* runSteps(steps: readonly Step[]): CoroutineSteps {
  for (const step of steps) {
    if ('co' in step) yield* step.co();
    else step.plain();
  }
}

function compileSteps(lane: Lane, actions: readonly Action[]): Step[] {
  return actions.map((action): Step => {
    const co = compileCo(lane, action);
    return co === null ? { plain: compileAction(lane, action, 'callback') } : { co };
  });
}

/** Null for actions that do not yield. */
function compileCo(lane: Lane, action: Action): CoThunk | null {
  switch (action.op) {
    case 'yield':
      return justYield;
    case 'sleep':
      return () => coSleepNs(lane.coroutines, action.ns);
    case 'wait':
      return () => lane.object('queues', action.on.name).wait();
    case 'wait_front':
      return () => lane.object('queues', action.on.name).waitFront();
    case 'rwunlock':
      return () => {
        const rwlock = lane.object('rwlocks', action.on.name);
        return rwlock instanceof CoRwlock ? plainly(() => rwlock.unlock()) : rwlock.unlock();
      };
    case 'lock':
      return () => lane.object('mutexes', action.on.name).lock();
    case 'rdlock':
      return () => lane.object('rwlocks', action.on.name).rdlock();
    case 'wrlock':
      return () => lane.object('rwlocks', action.on.name).wrlock();
    case 'repeat': {
      const steps = compileSteps(lane, action.do);
      return function* () {
        for (let i = 0; i < action.times; i++) {
          lane.machine.whileBusy();
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

// biome-ignore lint/correctness/useYield: for a caller that takes what may yield
function* plainly(act: () => void): CoroutineSteps {
  act();
}

/** An action of a coroutine that may go from one thread to another. */
export function compileMoving(lane: Lane, action: Action): MovingStep {
  const { crew } = lane.machine;
  if (action.op === 'yield') return (co, label) => co.yield(label);
  if (action.op === 'submit_co') {
    const { name } = action.on;
    const def = lane.machine.scenario.objects.find((one) => one.name === name) as RequestDef;
    return () => crew!.requests!.submitCo(def);
  }
  if (action.op === 'reschedule') return reschedule(lane, crew!, action.on.name);
  const co = compileCo(lane, action);
  if (co !== null) return co;
  const plain = compileAction(lane, action, 'callback');
  return () => {
    plain();
    return undefined;
  };
}
