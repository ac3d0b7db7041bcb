/** The parts of the library that need neither Linux nor Node. */

export { QemuAbort } from './aio/abort.ts';
export { AioContext, type AioContextOptions, type NotifierHandlers } from './aio/aio-context.ts';
export type { BigLock } from './aio/big-lock.ts';
export type { BhCallback, BottomHalf } from './aio/bottom-half.ts';
export {
  type ClockName,
  Clocks,
  clockType,
  QEMU_CLOCK_HOST,
  QEMU_CLOCK_REALTIME,
  QEMU_CLOCK_VIRTUAL,
  QEMU_CLOCK_VIRTUAL_RT,
  type QEMUClockType,
  SCALE_MS,
  SCALE_NS,
  SCALE_US,
} from './aio/clock.ts';
export type { EntryCallback } from './aio/entries.ts';
export { EventNotifier } from './aio/event-notifier.ts';
export type { FdMonChoice, FdMonKind, PollMechanism } from './aio/fdmon/fdmon.ts';
export type { AioHandler, AioPollFn, FdHandlers, IOHandler, PollRecord } from './aio/handler.ts';
export type {
  BottomHalfHandle,
  ContextHandle,
  TimerHandle,
  TimerNotify,
  WakeHandle,
} from './aio/handles.ts';
export type { QemuVersion } from './aio/profile.ts';
export type { MemReentrancyGuard } from './aio/reentrancy.ts';
export type { QemuTimer, TimerCallback } from './aio/timer.ts';
export { TimerListGroup } from './aio/timer-group.ts';
export { CoMutex } from './coroutine/co-mutex.ts';
export { CoQueue } from './coroutine/co-queue.ts';
export { CoRwlock } from './coroutine/co-rwlock.ts';
export { CoSleep, coSleepNs } from './coroutine/co-sleep.ts';
export { coYield } from './coroutine/co-yield.ts';
export {
  type Coroutine,
  type CoroutineBody,
  type CoroutineHome,
  type CoroutineSteps,
  CoroutineThread,
  type SharedState,
} from './coroutine/coroutine.ts';
export { Coroutines } from './coroutine/coroutines.ts';
export type { ChildBehaviour } from './host/behaviour.ts';
export { Belongings, type ClassOf } from './host/belongings.ts';
export type { FaultCall } from './host/calls.ts';
export * from './host/constants.ts';
export * from './host/errno.ts';
export { type FileStat, STAT_SIZE, takeStat } from './host/file-stat.ts';
export {
  type Disposable,
  type Host,
  type HostBuffer,
  type NewThread,
  newSigAction,
  newWaitResult,
  type SigAction,
  type SignalMaskToken,
  type SignalPipe,
  type SpawnRequest,
  type ThreadTicket,
  type WaitResult,
} from './host/host.ts';
export { type Fault, FaultHost } from './host/lenses/faults.ts';
export { HostLens } from './host/lenses/lens.ts';
export type { NodeCall, NodeLoop, NodeWait, NodeWaitKind } from './host/node-wait.ts';
export type { PollRing } from './host/poll-ring.ts';
export type { ChoiceKind, Choices } from './host/sim/choices.ts';
export { SimDeadlockError, type ThreadWait } from './host/sim/clock.ts';
export type { LoopbackOptions } from './host/sim/net/loopback.ts';
export type { ProcessState, Usage } from './host/sim/process.ts';
export { SimFatalSignalError } from './host/sim/signals.ts';
export type { ThreadChannels, ThreadPort } from './host/sim/threads/ports.ts';
export type { SimHostOptions, SimProcess } from './host/sim/world.ts';
export {
  addressText,
  type InetSocketAddress,
  putSockaddr,
  SOCKADDR_SIZE,
  type SocketAddress,
  takeSockaddr,
  type UnixSocketAddress,
} from './host/sockaddr.ts';
export { type AdoptOptions, adoptFd, type ListenFd, listenFds } from './io/adopt.ts';
export { IoChannel, type WatchCallback } from './io/channel.ts';
export { ChildInput } from './io/child-input.ts';
export { ChildOutput, type ChildOutputHandlers } from './io/child-output.ts';
export {
  type PipedChild,
  type PipedRequest,
  spawnPiped,
} from './io/child-stdio.ts';
export { type ConnectOptions, connect } from './io/connect.ts';
export { Connection } from './io/connection.ts';
export type { ConnectAttempt, ConnectionHandlers } from './io/connection-handlers.ts';
export type { IoLoop } from './io/io-loop.ts';
export { Listener, type ListenerCallbacks, type ListenerOptions } from './io/listener.ts';
export type { PeerCredentials } from './io/peer.ts';
export type { DrivenBy, RunAsyncOptions, RunOptions } from './mainloop/driving.ts';
export type { MainLoopPoll, PollTimes } from './mainloop/iteration.ts';
export { MainContext } from './mainloop/main-context.ts';
export { MainLoop, type MainLoopOptions } from './mainloop/main-loop.ts';
export {
  G_PRIORITY_DEFAULT,
  G_PRIORITY_DEFAULT_IDLE,
  G_PRIORITY_HIGH,
  G_PRIORITY_HIGH_IDLE,
  IdleSource,
  Source,
  type SourceOwner,
  TimeoutSource,
} from './mainloop/source.ts';
export type { ChildCallbacks, ChildEvent } from './signal/child-event.ts';
export {
  type ChildRequest,
  ChildWatch,
  type ChildWatchOptions,
} from './signal/child-watch.ts';
export type { LoopTimes } from './signal/death-times.ts';
export { codeName, signalName, signalNumber } from './signal/names.ts';
export type { SigactionTable, SignalAction, SignalHandler } from './signal/sigaction-table.ts';
export type { Arrivals, SigfdCounts, SignalSource } from './signal/sigfd.ts';
export { decodeSiginfo, newSiginfo, type SignalfdSiginfo } from './signal/siginfo.ts';
export type { SignalLoop } from './signal/signal-loop.ts';
export {
  type SigfdChoice,
  Signals,
  type SignalsOptions,
} from './signal/signals.ts';
export type { ByteWriter, ThreadSinks, TraceBackend, TraceOrigin } from './trace/backend.ts';
export {
  CATALOGUE,
  EV,
  EVENT_NAMES,
  type EventArgs,
  type EventId,
  type EventName,
} from './trace/catalogue.ts';
export { ChromeBackend } from './trace/chrome-backend.ts';
export { parsePatterns, traceEventsFile } from './trace/events-file.ts';
export { matchesGlob } from './trace/glob.ts';
export { JsonBackend } from './trace/json-backend.ts';
export { LogBackend } from './trace/log-backend.ts';
export { readTrace, type TraceFile, TraceReadError, type TraceRecord } from './trace/read.ts';
export { replayRings, TraceRing } from './trace/ring.ts';
export { type Selection, selectEvents } from './trace/select.ts';
export { SimpleBackend } from './trace/simple-backend.ts';
export { MAIN_THREAD, type TraceThread } from './trace/thread.ts';
export { formatEvent, Tracer, type TraceSink, type TraceValue } from './trace/tracer.ts';
