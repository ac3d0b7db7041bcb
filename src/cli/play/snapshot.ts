import type { AioContext } from '../../aio/aio-context.ts';
import type { SimHost } from '../../host/sim/sim-host.ts';
import type { Lane } from '../../scenario/run/lane.ts';
import type { Machine } from '../../scenario/run/machine.ts';
import { signalName } from '../../signal/names.ts';
import { fdName } from '../log/live-text.ts';
import type { ContextFrame, Frame, TimerFrame } from '../report/frame.ts';

/**
 * The whole machine at this moment, as plain data. Looking takes no time of the run, and changes
 * nothing.
 * @param names the children's names by pid
 */
export function snapshot(
  machine: Machine,
  host: SimHost,
  names: ReadonlyMap<number, string>,
): Frame {
  return machine.world.still(() => ({
    nowNs: machine.elapsedNs,
    mechanism: machine.main.loop.watched.fdmon,
    processes: host
      .processes()
      .map(({ pid, state }) => ({ pid, state, name: names.get(pid) ?? 'a child’s child' })),
    pending: host.pendingSignals().map(signalName),
    threads: machine.lanes.map((lane) => ({
      name: lane.name,
      contexts: contextsOf(lane).map((ctx) => contextFrame(ctx, host)),
      timers: timersOf(lane),
    })),
  }));
}

function contextsOf(lane: Lane): AioContext[] {
  return [...new Set(lane.contexts.values())];
}

function contextFrame(ctx: AioContext, host: SimHost): ContextFrame {
  const lists = ctx.bottomHalves.queued();
  return {
    name: ctx.name,
    notifyMe: ctx.wakeup.notifyMe,
    notified: ctx.wakeup.notified,
    kept: ctx.sleeper.kept,
    slices: lists.slice(0, -1).filter((slice) => slice.length > 0),
    list: lists.at(-1)!,
    halves: [...ctx.bottomHalves.entries()],
    fds: [...ctx.handlers.values()].map(({ fd, name, events }) => ({
      fd,
      name: fd === ctx.notifierFd ? `${ctx.name} notifier` : fdName(name),
      events,
      ready: host.readiness(fd),
      amount: host.amount(fd),
    })),
  };
}

function timersOf(lane: Lane): TimerFrame[] {
  const groups = [
    ...contextsOf(lane).map((ctx) => ({ name: ctx.name, lists: ctx.timers.lists })),
    { name: 'main_loop_tlg', lists: lane.loop.timers.lists },
  ];
  return groups.flatMap(({ name, lists }) =>
    lists.flatMap((list) =>
      [...list].map((timer) => ({
        name: timer.name,
        list: name,
        inNs: timer.deadlineNs - list.nowNs(),
      })),
    ),
  );
}
