/** The live log's text for a trace event: QEMU's name for it, and the essentials. */

import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD } from '../../host/constants.ts';
import { errnoName } from '../../host/errno.ts';
import { codeName, signalName } from '../../signal/names.ts';
import { BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { EV, EVENT_NAMES, type EventId } from '../../trace/catalogue.ts';
import { formatEvent, type Tracer, type TraceValue } from '../../trace/tracer.ts';
import { endText } from '../exit/exit-status.ts';
import { formatDuration } from '../text/units.ts';
import { exclusiveText } from './exclusive-text.ts';

/** Names by descriptor, for the line that lists the polled descriptors. */
type FdNames = ReadonlyMap<number, string>;

/** Names for the numbers in events. */
export interface Names {
  readonly fds: FdNames;
  readonly coroutines: ReadonlyMap<number, string>;
  /** By their numbers in the machine, which the events of the BQL have. */
  readonly threads?: ReadonlyMap<number, string> | undefined;
}

/** The kind of link that a name is, which decides its colour. */
export type Kind = 'poll' | 'signal' | 'bh' | 'child' | 'other';

export interface LiveText {
  readonly func: string;
  readonly text: string;
  readonly kind: Kind;
}

type Args = readonly TraceValue[];

/** QEMU's name for an event's link in the chain, and a short text. */
export function liveText(id: EventId, args: Args, names: Names): LiveText {
  const { fds, coroutines } = names;
  switch (id) {
    case EV.bql_lock:
      return { func: 'bql_lock', text: lockText(args, names.threads), kind: 'other' };
    case EV.bql_locked:
      return { func: 'bql_locked', text: 'has the BQL', kind: 'other' };
    case EV.bql_unlock:
      return { func: 'bql_unlock', text: 'gives the BQL back', kind: 'other' };
    case EV.start_exclusive_begin:
    case EV.start_exclusive_wait:
    case EV.start_exclusive_end:
    case EV.end_exclusive:
    case EV.cpu_exec_start_begin:
    case EV.cpu_exec_start_end:
    case EV.cpu_exec_end: {
      const [func, text] = exclusiveText(id, threadText(args[1], names.threads));
      return { func, text, kind: 'other' };
    }
    case EV.timer_call_begin:
      return { func: String(args[0]), text: 'timer, called', kind: 'bh' };
    case EV.child_spawn:
      return {
        func: 'posix_spawn',
        text: `[${args[1]}] pid ${args[0]}: ${args[2]}`,
        kind: 'child',
      };
    case EV.poll_enter:
      return { func: String(args[0]), text: pollText(args, fds), kind: 'poll' };
    case EV.poll_return:
      return { func: `${args[0]} returned`, text: readyText(args, fds), kind: 'poll' };
    case EV.fd_handler_begin:
      return { func: String(args[3]), text: `called for fd ${args[1]}`, kind: 'signal' };
    case EV.signalfd_record:
      return { func: 'qemu_signalfd_siginfo', text: recordText(args), kind: 'signal' };
    case EV.sigaction_lookup:
      return { func: 'sigaction', text: lookupText(args), kind: 'signal' };
    case EV.signal_handler_begin:
      return handlerText(args);
    case EV.aio_bh_enqueue:
      return { func: 'qemu_bh_schedule', text: enqueueText(args), kind: 'bh' };
    case EV.aio_notify:
      return { func: 'aio_notify', text: notifyText(args), kind: 'bh' };
    case EV.aio_bh_poll:
      return { func: 'aio_bh_poll', text: `takes bh_list of ${args[0]}`, kind: 'bh' };
    case EV.aio_bh_call_begin:
      return callText(args);
    case EV.child_status:
      return { func: 'waitpid', text: statusText(args), kind: 'child' };
    case EV.child_reap:
      return { func: 'waitpid', text: reapText(args), kind: 'child' };
    case EV.qemu_aio_coroutine_enter:
    case EV.qemu_coroutine_yield:
    case EV.qemu_coroutine_terminate:
      return { func: EVENT_NAMES[id]!, text: coroutineText(id, args, coroutines), kind: 'other' };
    default:
      return { func: EVENT_NAMES[id]!, text: formatEvent(id, args), kind: 'other' };
  }
}

/** The signalfd is read by sigfd_handler; a context's notifier is an eventfd. */
export function fdName(handler: string): string {
  if (handler === 'sigfd_handler') return 'signalfd';
  return handler === 'aio_context_notifier' ? 'eventfd' : handler;
}

/** The names of a loop's descriptors and coroutines, kept up to date by the loop's own events. */
export function followNames(trace: Tracer): Names {
  const fds = new Map<number, string>();
  trace.attach(['aio_set_fd_handler'], (_id, _time, _ctx, fd, events, name) => {
    if (Number(events) === 0) fds.delete(Number(fd));
    else fds.set(Number(fd), fdName(String(name)));
  });
  const coroutines = new Map<number, string>();
  trace.attach(['coroutine_create'], (_id, _time, co, name) => {
    coroutines.set(Number(co), String(name));
  });
  return { fds, coroutines };
}

function coroutineText(id: EventId, args: Args, names: Names['coroutines']): string {
  const who = (co: TraceValue | undefined): string =>
    co === 0 ? 'the thread' : (names.get(Number(co)) ?? `coroutine ${co}`);
  if (id === EV.qemu_coroutine_terminate) return `${who(args[0])} has ended`;
  if (id === EV.qemu_coroutine_yield) return `${who(args[0])} yields to ${who(args[1])}`;
  return `${who(args[1])} enters ${who(args[2])}`;
}

function lockText([, owner]: Args, threads: Names['threads']): string {
  if (Number(owner) === 0) return 'the BQL is free';
  return `waits for the BQL, which ${threadText(owner, threads)} has`;
}

/** A thread by its number in the machine. */
function threadText(number: TraceValue | undefined, threads: Names['threads']): string {
  return threads?.get(Number(number)) ?? `thread ${number}`;
}

function pollText(args: Args, fds: FdNames): string {
  const nfds = Number(args[1]);
  const timeoutNs = Number(args[2]);
  const timeout = timeoutNs < 0 ? 'no timeout' : `timeout ${formatDuration(timeoutNs)}`;
  // Most fds of a long list are the children's pipes, so it would say little.
  const list = nfds <= 4 && fds.size === nfds ? ` (${fdList(fds)})` : '';
  return `${nfds} fds${list}, ${timeout}`;
}

function fdList(fds: FdNames): string {
  const byName = new Map<string, number[]>();
  for (const [fd, name] of fds) byName.set(name, [...(byName.get(name) ?? []), fd]);
  return [...byName].map(([name, numbers]) => `${name} ${numbers.join(' ')}`).join(', ');
}

function readyText(args: Args, fds: FdNames): string {
  const ret = Number(args[1]);
  if (ret < 0) return errnoName(ret);
  if (ret === 0) return '0 ready';
  const ready = String(args[2])
    .split(' ')
    .map((fd) => `${fds.get(Number(fd)) ?? 'fd'} ${fd}`);
  const more = ready.length > 3 ? `, and ${ready.length - 3} more` : '';
  return `${ret} ready: ${ready.slice(0, 3).join(', ')}${more}`;
}

function recordText(args: Args): string {
  const [signo, code, pid, uid, status, value] = args.map(Number);
  const from = `${signalName(signo!)} ${codeName(signo!, code!)} pid ${pid}`;
  if (signo === SIGCHLD && code! > 0)
    return `${from} ${code === 1 ? 'status' : 'signal'} ${status}`;
  return code === -1 ? `${from} uid ${uid} value ${value}` : `${from} uid ${uid}`;
}

function lookupText(args: Args): string {
  const name = signalName(Number(args[0]));
  const found = String(args[1]);
  if (found === 'default' || found === 'ignore')
    return `${name}: SIG_${found === 'ignore' ? 'IGN' : 'DFL'}, dropped`;
  return `${name}: handler ${found}`;
}

function handlerText(args: Args): LiveText {
  const signo = Number(args[0]);
  return {
    func: `${args[1]}(${signo})`,
    text: args[2] === 1 ? 'with siginfo' : 'called',
    kind: 'signal',
  };
}

function enqueueText(args: Args): string {
  const again = (Number(args[2]) & BH_SCHEDULED) !== 0;
  return `${args[1]}${again ? ', which is scheduled already' : ''}`;
}

function notifyText(args: Args): string {
  // If the thread is awake, the event need not go through the kernel (aio/event-notifier.ts).
  if (args[3] === 1) return `${args[0]} notify_me ${args[1]}: kept, eventfd not written`;
  const wrote = Number(args[2]) !== 0;
  return `${args[0]} notify_me ${args[1]}: eventfd ${wrote ? 'written' : 'not written'}`;
}

function callText(args: Args): LiveText {
  const name = String(args[1]);
  if (name !== 'sigchld_bh') return { func: name, text: 'called', kind: 'bh' };
  return { func: 'sigchld_bh_handler', text: 'reaps until nothing is left', kind: 'bh' };
}

function statusText(args: Args): string {
  const [pid, name, code, status] = args;
  const what =
    code === CLD_STOPPED
      ? `stopped by ${signalName(Number(status))}`
      : code === CLD_CONTINUED
        ? 'continued'
        : codeName(SIGCHLD, Number(code));
  return `[${name}] pid ${pid} ${what}`;
}

function reapText(args: Args): string {
  const [pid, name, code, status, utimeNs, stimeNs, latencyNs, bound] = args;
  const who = name === 'orphan' ? 'orphan' : `[${name}]`;
  const after = `${Number(bound) === 1 ? '≤ ' : ''}${formatDuration(Number(latencyNs))}`;
  const [user, sys] = [utimeNs, stimeNs].map((ns) => Number((Number(ns) / 1e6).toFixed(1)));
  const end = endText(Number(code), Number(status));
  return `${who} ${pid} ${end} in ${after}, user ${user} sys ${sys} ms`;
}
