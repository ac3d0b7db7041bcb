import type { AioContext } from '../../../aio/aio-context.ts';
import type { BottomHalf } from '../../../aio/bottom-half.ts';
import type { BottomHalfHandle } from '../../../aio/handles.ts';
import type { QemuTimer } from '../../../aio/timer.ts';
import type { Lane } from '../lane.ts';
import { answer } from './answer.ts';
import { CallQueue } from './call-queue.ts';
import type { Crew } from './crew.ts';
import type { Lent, OneshotsHandle } from './lent.ts';

/** One-shots of one bottom half that may be scheduled from other threads at a time. */
const ONESHOTS = 16;

/** Shares a thread's objects with the others, and answers them. */
export class Lending {
  readonly lent: Lent;
  readonly #own: BottomHalf[] = [];

  /** All objects of the lane have been made. */
  constructor(lane: Lane, crew: Crew) {
    const { shared, machine, co } = crew;
    const queue = new CallQueue();
    const kick = (): void => machine.thread.aioWait.kick();
    const answerAll = (): void => {
      for (let call = queue.take(); call !== null; call = queue.take()) answer(lane, call);
    };
    crew.answer = answerAll;
    const { context, name, objects } = lane;
    const bh = (what: string, act: () => void): BottomHalfHandle => {
      const made = context.newBottomHalf(what, act);
      this.#own.push(made);
      return made.share();
    };
    this.lent = {
      thread: name,
      context: context.share(),
      coContext: co!.contextNumber,
      coroutines: Object.fromEntries(
        [...objects.coroutines].map(([of, one]) => [of, one.shared!.share()]),
      ),
      calls: bh('scenario_calls', answerAll),
      queue: queue.memory,
      hold: bh('scenario_hold', () => {
        shared.standHeld(name);
        // The others have acted on this thread's handlers while it stood.
        answerAll();
      }),
      notify: lane.machine.whole === null ? null : lane.loop.shareNotifyBh(),
      round: bh('scenario_round', () => shared.cameRound(name)),
      bottomHalves: Object.fromEntries(
        [...objects.bottomHalves].map(([of, one]) => [of, (one as BottomHalf).share()]),
      ),
      timers: Object.fromEntries(
        [...objects.timers].map(([of, one]) => [of, (one as QemuTimer).share()]),
      ),
      oneshots: Object.fromEntries(
        [...lane.onceRuns].map(([of, { ctx, run }]) => [of, this.#oneshots(ctx, of, run, kick)]),
      ),
    };
  }

  #oneshots(context: AioContext, name: string, run: () => void, kick: () => void): OneshotsHandle {
    const taken = new Int32Array(new SharedArrayBuffer(4 * (ONESHOTS + 1)));
    const make = (act: () => void): BottomHalfHandle => {
      const one = context.newBottomHalf(name, act);
      this.#own.push(one);
      return one.share();
    };
    const handles = Array.from({ length: ONESHOTS }, (_, i) =>
      make(() => {
        Atomics.store(taken, i, 0);
        run();
      }),
    );
    const waited = make(() => {
      run();
      Atomics.store(taken, ONESHOTS, 0);
      kick();
    });
    return { handles, taken, waited };
  }

  close(): void {
    for (const bh of this.#own) bh.delete();
  }
}
