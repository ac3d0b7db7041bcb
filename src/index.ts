/**
 * QEMU's main loop as a library.
 *
 * @packageDocumentation
 */

export * from './core.ts';
export { linuxProgram } from './host/linux/behave.ts';
export { LinuxHost, type LinuxHostOptions } from './host/linux/linux-host.ts';
export type { CallWay } from './host/linux/machine/calls.ts';
export type { SpawnWay } from './host/linux/spawn.ts';
export { SimHost } from './host/sim/threads/worker-sim-host.ts';
export { AioWait } from './thread/aio-wait.ts';
export type { CoRecord, CoroutineHandle } from './thread/co/co-records.ts';
export { type MovingBody, MovingCoroutine } from './thread/co/moving-coroutine.ts';
export { type CoMutexHandle, SharedCoMutex } from './thread/co/shared-co-mutex.ts';
export { type CoQueueHandle, SharedCoQueue } from './thread/co/shared-co-queue.ts';
export { type CoRwlockHandle, SharedCoRwlock } from './thread/co/shared-co-rwlock.ts';
export { SharedCoroutine } from './thread/co/shared-coroutine.ts';
export { SharedCoroutines } from './thread/co/shared-coroutines.ts';
export { ContextLock } from './thread/context-lock.ts';
export { GlobalLock, type LockOwner } from './thread/global-lock.ts';
export { IOThread, type IOThreadOptions } from './thread/iothread.ts';
export { type IOThreadInfo, queryIOThreads } from './thread/iothread-info.ts';
export type { EventLoopParams, IOThreadParams } from './thread/iothread-params.ts';
export type { IOThreadMain, IOThreadSelf } from './thread/iothread-run.ts';
export type { LockMemory } from './thread/lock-code.ts';
export {
  type MachineHandle,
  MachineState,
  type MachineStateOptions,
} from './thread/machine-state.ts';
export { MainLoopObject } from './thread/main-loop-object.ts';
export { MessageBox, type MessageHandle, RemoteMessageBox } from './thread/message-box.ts';
export { PlainThread, type PlainThreadOptions } from './thread/plain-thread.ts';
export type { PlainThreadMain, PlainThreadSelf } from './thread/plain-thread-run.ts';
export type { PoolCompletion, PoolRequest } from './thread/pool-requests.ts';
export type { PoolCallee, PoolFunction, PoolSelf, PoolWork } from './thread/pool-work.ts';
export { type CondHandle, QemuCond } from './thread/qemu-cond.ts';
export { type MutexHandle, QemuMutex } from './thread/qemu-mutex.ts';
export { QemuThread, type QemuThreadOptions } from './thread/qemu-thread.ts';
export { RemoteBottomHalf, type RemoteOptions } from './thread/remote-bottom-half.ts';
export { RemoteContext } from './thread/remote-context.ts';
export { RemoteTimer } from './thread/remote-timer.ts';
export { ThreadPool, type ThreadPoolOptions } from './thread/thread-pool.ts';
export { VCpu, type VCpuOptions } from './thread/vcpu/vcpu.ts';
export { VCpuRef } from './thread/vcpu/vcpu-ref.ts';
export type { VCpuModule, VCpuSelf, VCpuWork } from './thread/vcpu/vcpu-run.ts';
export type { VCpuHandle } from './thread/vcpu/vcpu-words.ts';
export { Vm, type VmOptions, type VmStateHandler } from './thread/vcpu/vm.ts';
export { VmRef } from './thread/vcpu/vm-ref.ts';
