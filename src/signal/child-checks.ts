/** Checks of ChildWatch's arguments, before anything is started or registered. */

import {
  checkFunction,
  checkHas,
  checkObject,
  checkOptions,
  isRecord,
  shown,
} from '../host/arguments.ts';
import { SIGCHLD } from '../host/constants.ts';
import type { SpawnRequest } from '../host/host.ts';
import {
  aBoolean,
  aFunction,
  anything,
  aString,
  checkNames,
  checkShape,
  type Shape,
} from '../host/shape.ts';
import { checkSpawnRequest } from '../host/spawn-request.ts';
import type { ChildCallbacks } from './child-event.ts';
import type { ChildRequest, ChildWatchOptions } from './child-request.ts';
import type { LoopTimes } from './death-times.ts';

const NEEDED = {
  loop: 'a MainLoop',
  signals: 'the Signals of that loop, SIGCHLD among them',
};

const OPTIONS: Shape<ChildWatchOptions> = {
  loop: anything,
  signals: anything,
  times: anything,
  stops: aBoolean,
  adopts: aBoolean,
  onOrphan: aFunction,
};

const CALLBACKS: Shape<ChildCallbacks> = { onEnd: aFunction, onStatus: aFunction };
const REQUEST: Shape<ChildRequest> = { request: anything, name: aString, callbacks: anything };

export function checkWatchOptions(options: ChildWatchOptions): void {
  checkOptions(options, 'ChildWatch', NEEDED);
  checkShape(options, 'ChildWatch', OPTIONS);
  const { signals } = options;
  checkHas(signals, 'sigaction', "ChildWatch: option 'signals'", NEEDED.signals);
  timesOf(options);
  checkOpen(options, 'ChildWatch');
  if (!signals.signals.includes(SIGCHLD)) {
    throw new Error('ChildWatch: these Signals have no SIGCHLD: make them with it');
  }
  if (signals.childWatch !== null) {
    throw new Error(
      'ChildWatch: these Signals have one already: use that, or dispose of it before',
    );
  }
}

/** @throws TypeError if neither the loop nor the option has them */
export function timesOf({ loop, times }: ChildWatchOptions): LoopTimes {
  const found = times ?? loop.pollTimes;
  checkObject(found, "ChildWatch: option 'times'", "the MainLoop's pollTimes");
  return found!;
}

export function checkOpen({ loop, signals }: ChildWatchOptions, what: string): void {
  if (signals.disposed) throw new Error(`${what}: the Signals are disposed`);
  if (loop.context.closed) throw new Error(`${what}: the loop is closed`);
}

export function checkChild(request: SpawnRequest, callbacks: ChildCallbacks | undefined): void {
  checkSpawnRequest(request);
  checkCallbacks(callbacks);
}

export function checkChildren(children: readonly ChildRequest[]): void {
  if (!Array.isArray(children)) {
    const what = `spawnAll: the children are ${shown(children)}`;
    throw new TypeError(`${what}: expected an array of { request, name }`);
  }
  for (const child of children) {
    if (isRecord(child)) checkShape(child, 'spawnAll', REQUEST);
    checkChild(child?.request, child?.callbacks);
  }
}

export function checkCallbacks(callbacks: ChildCallbacks | undefined): void {
  if (isRecord(callbacks)) checkNames(callbacks!, 'ChildWatch', CALLBACKS);
  const { onEnd, onStatus } = callbacks ?? {};
  if (onEnd !== undefined) checkFunction(onEnd, 'ChildWatch: onEnd');
  if (onStatus !== undefined) checkFunction(onStatus, 'ChildWatch: onStatus');
}
