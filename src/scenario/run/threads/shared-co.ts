import type { CoroutineSteps } from '../../../coroutine/coroutine.ts';
import { SharedCoMutex } from '../../../thread/co/shared-co-mutex.ts';
import { SharedCoQueue } from '../../../thread/co/shared-co-queue.ts';
import { SharedCoRwlock } from '../../../thread/co/shared-co-rwlock.ts';
import { SharedCoroutines } from '../../../thread/co/shared-coroutines.ts';
import type { Action, CoroutineDef, Scenario } from '../../model.ts';
import type { Lane } from '../lane.ts';
import type { CoroutineLike } from '../lane-objects.ts';
import { likeOf } from './co-like.ts';
import type { Crew } from './crew.ts';
import type { CoHandles } from './lent.ts';
import { type MovingStep, movingBody } from './moving.ts';

/** How a thread compiles an action of a coroutine. */
export type CompileStep = (lane: Lane, action: Action) => MovingStep;

/** Makes the coroutines of all threads known to this one. Before anything of its context is shared. */
export function shareCoroutines(lane: Lane, crew: Crew, compile: CompileStep): void {
  const all = new SharedCoroutines(crew.machine.thread, lane.ownCoroutines);
  crew.co = all;
  crew.scenario.objects.forEach((def, i) => {
    if (def.section !== 'coroutines') return;
    const entered = lane.newCallback(def.name, { do: [], doRuns: 0 });
    const body = movingBody(
      def.do,
      (action) => compile(lane, action),
      () => entered.call(null),
    );
    all.addEntry(entryOf(i), body);
  });
}

function entryOf(number: number): string {
  return `coroutine ${number}`;
}

/** Makes a coroutine in the thread that it is in. */
export function createShared(lane: Lane, crew: Crew, def: CoroutineDef): CoroutineLike {
  const co = crew.co!.create(entryOf(crew.scenario.objects.indexOf(def)));
  return likeOf(crew, (name) => lane.contexts.get(name), def, co);
}

/** Schedules the running coroutine in the context where it runs. */
export function scheduleSelf(lane: Lane, crew: Crew): void {
  crew.co!.self('aio_co_schedule').schedule(lane.context);
}

/** aio_co_reschedule_self, at a label. */
export function reschedule(
  lane: Lane,
  crew: Crew,
  name: string,
): (co: Parameters<MovingStep>[0], label: number) => CoroutineSteps {
  return (co, label) => co.reschedule(lane.contexts.get(name) ?? crew.mate(name).context, label);
}

/** The queues and locks of a file, made in main. */
export function newCoHandles({ objects }: Scenario, all: SharedCoroutines): CoHandles {
  const named = <T>(section: string, make: () => T): Record<string, T> =>
    Object.fromEntries(
      objects.filter((def) => def.section === section).map(({ name }) => [name, make()]),
    );
  return {
    queues: named('co_queues', () => new SharedCoQueue(all).share()),
    mutexes: named('co_mutexes', () => new SharedCoMutex(all).share()),
    rwlocks: named('co_rwlocks', () => new SharedCoRwlock(all).share()),
  };
}
