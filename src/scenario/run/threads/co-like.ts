import type { AioContext } from '../../../aio/aio-context.ts';
import type { SharedCoroutine } from '../../../thread/co/shared-coroutine.ts';
import type { RemoteContext } from '../../../thread/remote-context.ts';
import type { CoroutineDef } from '../../model.ts';
import type { CoroutineLike } from '../lane-objects.ts';
import type { Crew } from './crew.ts';

/** A context of the acting thread, by its name. */
export type OwnContext = (name: string) => AioContext | undefined;

/** A coroutine that all threads know, as the actions of one use it. */
export function likeOf(
  crew: Crew,
  own: OwnContext,
  def: CoroutineDef,
  co: SharedCoroutine,
): CoroutineLike {
  const contextOf = (name: string): AioContext | RemoteContext =>
    own(name) ?? crew.mate(name).context;
  return {
    shared: co,
    enter: () => co.enter(),
    wake: () => co.wake(),
    wakeFromThread: () => co.wake(),
    schedule: () => co.schedule(contextOf(def.context)),
    scheduleIn: (name) => co.schedule(contextOf(name)),
    get home(): string {
      return crew.contextName(crew.co!.homeOf(co.number));
    },
  };
}
