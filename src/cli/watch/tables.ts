/** Builds the rows of the tables from the current state of the loop's objects. */

import { CLOCK_NAMES } from '../../aio/clock.ts';
import { POLLIN, POLLOUT, SIGCHLD } from '../../host/constants.ts';
import { signalName } from '../../signal/names.ts';
import { BH_DELETED, BH_IDLE, BH_ONESHOT, BH_PENDING, BH_SCHEDULED } from '../../trace/bh-flags.ts';
import { endText } from '../exit/exit-status.ts';
import { fdName } from '../log/live-text.ts';
import { CYAN, DIM, GREEN, MAGENTA, paint, RED, type Style, YELLOW } from '../text/style.ts';
import { formatDuration } from '../text/units.ts';
import { servesRun } from './listed.ts';
import type { Model } from './model.ts';
import type { Runs } from './model-state.ts';
import type { ChildMoment, Moment } from './moment.ts';
import { printable } from './pane.ts';

/** The input of the rows. */
export interface Shown {
  readonly model: Model;
  readonly moment: Moment;
  readonly style: Style;
  /** Decimal places of event times: 6 for µs, 9 for ns. */
  readonly digits: 6 | 9;
  /** Title of the lines between the tables and the events. */
  readonly outputTitle: string;
}

/** A duration without a space, for columns. */
export function brief(ns: number): string {
  return formatDuration(Math.max(0, ns)).replace(' ', '');
}

/** The time since something last ran. */
function since(runs: Runs | undefined, nowNs: number): string {
  return runs === undefined ? '-' : brief(nowNs - runs.lastNs);
}

export function childRow(row: ChildMoment, { style, moment }: Shown): string {
  const { word, color, cpuNs } = childState(row);
  const endNs = row.code === 0 ? moment.nowNs : row.endNs;
  const age = row.pid === 0 ? '-' : brief(endNs - row.startNs);
  const number = String(row.number).padStart(3);
  const pid = String(row.pid === 0 ? '-' : row.pid).padStart(8);
  const cpu = brief(cpuNs).padStart(8);
  const start = `${number} ${paint(style, color, word.padEnd(10))}${pid}${age.padStart(9)}${cpu}`;
  return `${start}  ${printable(row.command.replaceAll('\n', ' '))}`;
}

export const CHILD_HEADING = '  # state          pid      age     cpu  command';

function childState(row: ChildMoment): { word: string; color: string; cpuNs: number } {
  if (row.pid === 0) return { word: 'waits', color: DIM, cpuNs: 0 };
  if (row.code !== 0) {
    const word = endText(row.code, row.status);
    const good = word === 'exit 0';
    return { word, color: good ? GREEN : RED, cpuNs: row.utimeNs + row.stimeNs };
  }
  const { state, cpuNs } = row;
  if (state === null) return { word: 'gone', color: DIM, cpuNs: 0 };
  const color = state === 'zombie' || state === 'stopped' ? YELLOW : CYAN;
  return { word: state, color, cpuNs };
}

export function fdRows({ model, moment }: Shown): string[] {
  const rows: string[] = [];
  const notifiers: string[] = [];
  for (const { fd, name, events, calls, notifierOf } of moment.fds) {
    const wants = [events & POLLIN ? 'in' : '', events & POLLOUT ? 'out' : ''].join('');
    const last = since(model.fds.get(fd), moment.nowNs).padStart(8);
    const row = `${String(fd).padStart(4)} ${wants.padEnd(5)}${String(calls).padStart(6)}${last} `;
    if (notifierOf !== null) notifiers.push(`${row}${notifierOf}`);
    else rows.push(row + fdName(name));
  }
  // At the end, since they are always there, and there may not be room for all.
  return [...rows, ...notifiers];
}

export const FD_HEADING = '  fd for    calls    last what';

const FLAGS: readonly (readonly [number, string])[] = [
  [BH_PENDING, 'pending'],
  [BH_SCHEDULED, 'scheduled'],
  [BH_IDLE, 'idle'],
  [BH_ONESHOT, 'oneshot'],
  [BH_DELETED, 'deleted'],
];

export function bottomHalfRows({ model, moment, style }: Shown): string[] {
  const rows: string[] = [];
  const seen = new Set<string>();
  let notify = '';
  // In a run of several threads: those of their own that nobody has used come last.
  const last: string[] = [];
  for (const { ctx, name, flags } of moment.halves) {
    const key = `${ctx} ${name}`;
    seen.add(key);
    if (servesRun(name)) continue;
    const words = FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word);
    const state = words.length === 0 ? '-' : words.join(' ');
    const row = bhRow(model, key, name, paint(style, flags === 0 ? '' : MAGENTA, state));
    if (name === 'qemu_notify_bh') notify = row;
    else if (UNUSED.has(name) && flags === 0 && !model.bottomHalves.has(key)) last.push(row);
    else rows.push(row);
  }
  // One-shots are gone once they have run; those of other threads are only known by their calls.
  for (const key of model.bottomHalves.keys()) {
    if (seen.has(key)) continue;
    const [ctx, name] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
    const isOther = moment.threads?.states.some((thread) => thread.name === ctx) === true;
    if (!servesRun(name)) rows.push(bhRow(model, key, name, isOther ? `ran in ${ctx}` : 'ran'));
  }
  return notify === '' ? [...rows, ...last] : [...rows, notify, ...last];
}

/** Bottom halves by which threads wait for each other; most runs use none. */
const UNUSED: ReadonlySet<string> = new Set(['aio_wait_kick', 'co_schedule_bh']);

export const BH_HEADING = '   runs  bottom half    state';

function bhRow(model: Model, key: string, name: string, state: string): string {
  const runs = model.bottomHalves.get(key)?.count ?? 0;
  return `${String(runs).padStart(7)}  ${name.padEnd(14)} ${state}`;
}

export function timerRows({ model, moment }: Shown): string[] {
  const rows: string[] = [];
  const pending = new Set<string>();
  for (const { name, clock, leftNs } of moment.timers) {
    pending.add(name);
    rows.push(timerRow(model, name, `in ${brief(leftNs)}, ${CLOCK_NAMES[clock]!}`));
  }
  const fired = [...model.timers.keys()].filter((name) => !pending.has(name));
  return [...rows, ...fired.map((name) => timerRow(model, name, 'not pending'))];
}

function timerRow(model: Model, name: string, due: string): string {
  const runs = model.timers.get(name)?.count ?? 0;
  return `${String(runs).padStart(7)}  ${name.padEnd(14)} ${due}`;
}

export const TIMER_HEADING = '   runs  timer          due';

/** Signals in one line: `pending SIGWINCH · read SIGCHLD 3 · reaped 4 · coalesced 1`. */
export function signalText({ model, moment }: Shown, narrow: boolean): string {
  const read = [...model.signals].map(([signo, n]) => `${signalName(signo)} ${n}`);
  const chld = model.signals.get(SIGCHLD) ?? 0;
  const coalesced = Math.max(0, model.reaped - chld);
  const pending = moment.pending.map(signalName);
  if (narrow && read.length === 0 && pending.length === 0) return 'none';
  const parts = [
    `pending ${pending.length === 0 ? 'none' : pending.join(' ')}`,
    `read ${read.length === 0 ? 'none' : read.join(' ')}`,
    `reaped ${model.reaped}`,
    `coalesced ${coalesced}`,
  ];
  return parts.join(' · ');
}

/** Names of the descriptors that the loop polls. */
export function fdNames({ fds }: Moment): Map<number, string> {
  return new Map(fds.map(({ fd, name }) => [fd, fdName(name)]));
}
