/** The loop as annotated pseudo code of our own, and the line at which it stands after an event. */

import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';

/** A line; one that ends with a colon begins a function. */
export interface CodeLine {
  readonly id: string;
  readonly text: string;
  readonly note: string;
}

const line = (id: string, text: string, note = ''): CodeLine => ({ id, text, note });

export const CODE: readonly CodeLine[] = [
  line('mlw', 'main_loop_wait():', 'one iteration'),
  line('fill', '  timeout = what poll notifiers and timers allow'),
  line('prepare', '  for each context: notify_me |= 1', 'from now on a notify has to write'),
  line('timeout', '    if bh_list has work: timeout = 0', 'the second look, after notify_me'),
  line('poll', '  ppoll(fds, timeout)', 'the only place to sleep'),
  line('ready', '  the fds that are ready are known', 'level, not edge'),
  line('check', '  for each context: notify_me &= ~1', 'awake: no more writes'),
  line('accept', '    notified = 0', 'before the work is looked at'),
  line('dispatch', '  for each context, the main one first:', 'so a reap comes a round later'),
  line('take', '    list = take all of bh_list', 'one exchange; what comes later waits'),
  line('call', '    for bh in list: bh.callback()', 'last scheduled first'),
  line('handler', '    for fd in ready: fd.handler()', 'newest registration first'),
  line('timers', '  run the timers that are due', 'last in the iteration'),
  line('sigfd', 'sigfd_handler(fd):', 'between two callbacks'),
  line('read', '  while read(fd, record) is whole:', 'until EAGAIN'),
  line('record', '    one record: one signal', 'not one child'),
  line('who', '    handler = sigaction(record.signo)', 'the kernel calls nobody'),
  line('signal', '    handler(record.signo)', 'it only schedules'),
  line('schedule', 'qemu_bh_schedule(bh):', ''),
  line('push', '  push bh on bh_list, unless it is on it', 'any thread may'),
  line('notify', '  notified = 1; barrier; read notify_me', 'work first, then the look'),
  line('write', '  if notify_me: write(eventfd)', 'only if somebody sleeps'),
  line('reap', 'sigchld_bh_handler():', ''),
  line('waitpid', '  while waitpid(any) finds one: tell', 'no signal comes for the rest'),
  line('spawn', 'posix_spawn(child):', 'empty mask, default dispositions'),
  line('mod', 'timer_mod(timer, time):', 'notify, if it is the soonest now'),
  line('enter', 'qemu_coroutine_enter(co):', 'until it yields or ends'),
];

const PHASES: Readonly<Record<string, string>> = {
  prepare: 'prepare',
  poll: 'timeout',
  check: 'check',
  dispatch: 'dispatch',
  timers: 'timers',
};

const LINES: ReadonlyMap<EventId, string> = new Map<EventId, string>([
  [EV.main_loop_wait_begin, 'fill'],
  [EV.main_loop_wait_end, 'mlw'],
  [EV.aio_poll_begin, 'prepare'],
  [EV.aio_poll_end, 'mlw'],
  [EV.poll_enter, 'poll'],
  [EV.poll_return, 'ready'],
  [EV.aio_notify_accept, 'accept'],
  [EV.aio_bh_poll, 'take'],
  [EV.aio_bh_call_end, 'call'],
  [EV.fd_handler_end, 'handler'],
  [EV.timer_call_begin, 'timers'],
  [EV.timer_call_end, 'timers'],
  [EV.signalfd_read, 'read'],
  [EV.signalfd_record, 'record'],
  [EV.sigaction_lookup, 'who'],
  [EV.signal_handler_begin, 'signal'],
  [EV.signal_handler_end, 'signal'],
  [EV.aio_bh_enqueue, 'push'],
  [EV.child_reap, 'waitpid'],
  [EV.child_status, 'waitpid'],
  [EV.child_spawn, 'spawn'],
  [EV.timer_mod, 'mod'],
  [EV.qemu_aio_coroutine_enter, 'enter'],
  [EV.qemu_coroutine_yield, 'enter'],
  [EV.qemu_coroutine_terminate, 'enter'],
]);

/** The id of the line that an event belongs to; null if it has none. */
export function lineOf(id: EventId, args: readonly TraceValue[]): string | null {
  switch (id) {
    case EV.main_loop_phase:
      return PHASES[String(args[0])] ?? null;
    case EV.aio_notify:
      return args[2] === 1 || args[3] === 1 ? 'write' : 'notify';
    case EV.fd_handler_begin:
      return args[3] === 'sigfd_handler' ? 'sigfd' : 'handler';
    case EV.aio_bh_call_begin:
      return args[1] === 'sigchld_bh' ? 'reap' : 'call';
    default:
      return LINES.get(id) ?? null;
  }
}
