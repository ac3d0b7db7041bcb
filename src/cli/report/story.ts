import { CLD_EXITED } from '../../host/constants.ts';
import { endText } from '../exit/exit-status.ts';
import { formatDuration } from '../text/units.ts';
import type { Child } from './children.ts';
import { deathNode } from './links.ts';
import type { Model } from './model.ts';

/** A piece of a sentence; if it has a node, that can be shown on the timeline. */
export interface Word {
  readonly text: string;
  readonly node?: number;
}

/** The chain of a child, from its start to its reap, in words. */
export function tellChild(model: Model, child: Child): Word[] {
  return [...life(model, child), ...death(model, child), ...signal(model, child), ...reap(child)];
}

/** The end of a child in two words; null if the trace does not show it. */
export function endOf(child: Child): string | null {
  return child.deathNs === null ? null : endText(child.code, child.status);
}

function life(model: Model, { spawn }: Child): Word[] {
  if (spawn < 0) return [{ text: 'Its start is not in the trace. ' }];
  return [
    { text: 'It was ' },
    { text: `started at ${since(model, model.events[spawn]!.timeNs)}`, node: spawn },
    { text: '. ' },
  ];
}

function death(model: Model, child: Child): Word[] {
  const { deathNs, spawn, code, status, deathIsBound } = child;
  if (deathNs === null)
    return [{ text: 'Its end is not in the trace: it lived, or nothing told of its death.' }];
  const node = deathNode(model.events, child.index);
  const how =
    code === CLD_EXITED ? `exited with ${status}` : `was killed by ${endText(code, status)}`;
  const lived = spawn < 0 ? '' : ` after ${formatDuration(deathNs - model.events[spawn]!.timeNs)}`;
  const when = deathIsBound ? ' or later, since nothing tells when' : '';
  return [{ text: 'It ' }, { text: `${how}${lived}`, node }, { text: `${when}. ` }];
}

function signal(model: Model, child: Child): Word[] {
  const { record, announcedBy, deathNs } = child;
  if (deathNs === null || announcedBy < 0) return [];
  const wait = formatDuration(Math.max(0, model.events[announcedBy]!.timeNs - deathNs));
  const handler = handlerOf(model, announcedBy);
  const words: Word[] =
    record >= 0
      ? [{ text: `${wait} later its ` }, { text: 'SIGCHLD was read', node: record }]
      : [
          { text: 'Its SIGCHLD was merged with another: ' },
          { text: `the record of pid ${model.events[announcedBy]!.args.pid}`, node: announcedBy },
          { text: ' stood for both' },
        ];
  if (handler < 0) return [...words, { text: ', and nobody handled it. ' }];
  const { name } = model.events[handler]!.args;
  words.push({ text: ', ' }, { text: `${name} was called`, node: handler });
  return [...words, ...scheduled(model, child, handler), { text: '. ' }];
}

function scheduled(model: Model, { reaper }: Child, handler: number): Word[] {
  const enqueue = model.links
    .effectsOf(handler)
    .find(({ to }) => model.events[to]?.name === 'aio_bh_enqueue');
  if (enqueue === undefined) return [];
  const { name } = model.events[enqueue.to]!.args;
  const words: Word[] = [{ text: ' and ' }, { text: `scheduled ${name}`, node: enqueue.to }];
  if (reaper < 0) return words;
  const ns = model.events[reaper]!.timeNs - model.events[enqueue.to]!.timeNs;
  if (ns < 0) return words;
  return [
    ...words,
    { text: ', which ' },
    { text: `ran ${formatDuration(ns)} later`, node: reaper },
  ];
}

function reap({ reap: event, deathNs, latencyNs, deathIsBound }: Child): Word[] {
  if (deathNs === null) return [];
  if (event < 0) return [{ text: 'It was not reaped while the trace lasted.' }];
  const most = deathIsBound ? 'at most ' : '';
  return [
    { text: 'It was ' },
    { text: `reaped ${most}${formatDuration(latencyNs)} after its death`, node: event },
    { text: '.' },
  ];
}

/** The handler call that a record led to; -1 for none. */
function handlerOf(model: Model, record: number): number {
  const { links, events } = model;
  const lookup = links.effectsOf(record).find(({ to }) => events[to]?.name === 'sigaction_lookup');
  const from = lookup?.to ?? record;
  const handler = links
    .effectsOf(from)
    .find(({ to }) => events[to]?.name === 'signal_handler_begin');
  return handler?.to ?? -1;
}

function since({ startNs }: Model, timeNs: number): string {
  return formatDuration(timeNs - startNs);
}
