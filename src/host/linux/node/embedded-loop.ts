import { executionAsyncResource } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { ENOSYS, HostError } from '../../errno.ts';
import type { Disposable } from '../../host.ts';
import type { NodeLoop } from '../../node-wait.ts';
import koffi from '../koffi.ts';
import { symbolAddress } from '../libc.ts';
import { CodePage } from '../machine/code-page.ts';
import { STACK_CODE, uvRunCode, uvRunTable } from '../machine/uv-run-code.ts';
import { bindNodeUv, type NodeUv, UV_RUN_NOWAIT, UV_TIMER } from '../uv.ts';
import { areImmediatesHeld, guardImmediates, throwLater } from './immediates.ts';
import { nodeThread } from './node-thread.ts';

/** A time that does not come, ms: 100 years. */
const NEVER_MS = 3e12;

const TRY_CATCH = '_ZN2v88TryCatchC1EPNS_7IsolateE';
const SET_VERBOSE = '_ZN2v88TryCatch10SetVerboseEb';
const END_TRY_CATCH = '_ZN2v88TryCatchD1Ev';

type Tick = () => void;

/** Node's own loop, run from JavaScript: Host.openNodeLoop. */
export class EmbeddedLoop implements NodeLoop {
  readonly fd: number;
  readonly #uv: NodeUv;
  readonly #run: (loop: number, mode: number) => number;
  readonly #tick: Tick;
  /** Keeps libuv alive: with nothing alive it runs no timers at all, not even unref'd ones. */
  readonly #keepAlive: number;
  readonly #guard: Disposable;
  #disposed = false;

  /** @throws HostError (ENOSYS) with the reason, where Node's loop cannot be run */
  constructor() {
    const uv = bindNodeUv();
    const thread = nodeThread();
    if (uv === undefined || thread === null) throw refused('this program does not export libuv');
    if (!isMainThread) throw refused('only the main thread can do it');
    const { _tickCallback: tick } = process as unknown as { readonly _tickCallback?: Tick };
    if (typeof tick !== 'function') throw refused('process has no _tickCallback');
    this.#run = runner(thread.isolate);
    const guard = guardImmediates();
    if (guard === null) throw refused('this version of Node makes Immediates in another way');
    this.#guard = guard;
    this.#tick = tick.bind(process);
    this.#uv = uv;
    this.fd = thread.backendFd;
    this.#keepAlive = uv.calloc(1, uv.handleSize(UV_TIMER));
    if (this.#keepAlive === 0) throw refused('no memory is left');
    uv.timerInit(uv.loop, this.#keepAlive);
    uv.opened(this.#keepAlive);
    // Its callback is never called.
    uv.timerStart(this.#keepAlive, symbolAddress('free'), NEVER_MS, 0);
  }

  timeoutMs(): number {
    this.#uv.updateTime(this.#uv.loop);
    const ms = this.#uv.backendTimeout(this.#uv.loop);
    return ms >= 0x7fffffff ? -1 : ms;
  }

  turn(): void {
    this.#run(this.#uv.loop, UV_RUN_NOWAIT);
  }

  tick(): void {
    try {
      this.#tick();
    } catch (error) {
      throwLater(error);
    }
  }

  heldBy(): string | null {
    if (isTimer(executionAsyncResource())) startTimers();
    if (areImmediatesHeld()) return 'an immediate that is not the first of its turn';
    return this.#arePromisesHeld() ? 'a promise or the top level of an ES module' : null;
  }

  /** V8 runs no microtasks within a microtask. */
  #arePromisesHeld(): boolean {
    let ran = false;
    queueMicrotask(() => {
      ran = true;
    });
    this.tick();
    return !ran;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#guard.dispose();
    this.#uv.close(this.#keepAlive);
  }
}

/** uv_run on JavaScript's own stack. @throws HostError */
function runner(isolate: number): (loop: number, mode: number) => number {
  if (process.arch !== 'x64') throw refused(`its machine code is for x86-64, not ${process.arch}`);
  const names = [TRY_CATCH, SET_VERBOSE, 'uv_run', END_TRY_CATCH] as const;
  const [tryCatch, setVerbose, uvRun, endTryCatch] = names.map(symbolAddress) as number[];
  if (!tryCatch || !setVerbose || !uvRun || !endTryCatch) {
    throw refused("this program does not export V8's TryCatch and uv_run");
  }
  const stack = CodePage.make(STACK_CODE);
  if (typeof stack === 'number') throw new HostError(stack, 'embedNode: mmap of executable memory');
  const pointer = koffi.decode(BigInt(stack.address), koffi.proto('uintptr_t ()'))();
  stack.free();
  if (!isOnMainStack(pointer)) throw refused("koffi keeps JavaScript's stack elsewhere");
  const table = uvRunTable({ isolate, tryCatch, setVerbose, uvRun, endTryCatch });
  const page = CodePage.make(uvRunCode(table.address));
  if (typeof page === 'number') throw new HostError(page, 'embedNode: mmap of executable memory');
  const run = koffi.decode(BigInt(page.address), koffi.proto('int (uintptr_t, int)'));
  // The closure keeps the table alive. The page stays as long as the process.
  return (loop, mode) => (table.size > 0 ? run(loop, mode) : 0);
}

function isOnMainStack(pointer: number): boolean {
  try {
    const maps = readFileSync('/proc/self/maps', 'latin1');
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) .*\[stack\]$/m.exec(maps) ?? [];
    return pointer >= Number.parseInt(from!, 16) && pointer < Number.parseInt(to!, 16);
  } catch {
    return false;
  }
}

/** Whether it is a Timeout, whose callback is running then. */
function isTimer(resource: object): boolean {
  return '_onTimeout' in resource;
}

/**
 * Until the callback of a timer returns, Node does not start its uv_timer for timers of a duration
 * that is in use already: its list of them counts as being run. Once the uv_timer has fired, all are
 * looked at anew. It is started for a duration that is not in use; one of these will not be.
 */
function startTimers(): void {
  for (let ms = 1; ms <= 20; ms++) setTimeout(() => {}, ms);
}

function refused(why: string): HostError {
  return new HostError(-ENOSYS, `embedNode (${why}; use runAsync)`);
}
