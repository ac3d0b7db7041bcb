import { checkWord } from '../host/arguments.ts';

/** The QEMU whose main loop this is. */
export type QemuVersion = '7.2' | '11';
export const QEMU_VERSIONS: readonly QemuVersion[] = ['7.2', '11'];
export const DEFAULT_QEMU = '7.2';

/** The differences between two QEMUs. Whoever depends on one decides when it is made, not per event. */
export interface Profile {
  readonly qemu: QemuVersion;
  /**
   * How a main loop calls the ready handlers of a context. `walk`: goes over all handlers, newest
   * registration first, as each is found. `collect`: makes a list once, behind the bottom halves, and
   * the context's own monitor makes it.
   */
  readonly dispatch: 'walk' | 'collect';
  /**
   * Whose times decide how long a context polls. `context`: each blocking poll's. `handlers`: an average
   * of each handler's, with a weight.
   */
  readonly polling: 'context' | 'handlers';
  /** Whether a context may have io_uring as its monitor. */
  readonly hasUring: boolean;
  /** Whether aio_disable_external exists; it is gone since QEMU 8.1. */
  readonly hasExternal: boolean;
  /** Whether a context has a lock of its own, aio_context_acquire's; it is gone since QEMU 9.0. */
  readonly hasContextLock: boolean;
  /** The big lock's functions, as its aborts name them. */
  readonly bql: { readonly lock: string; readonly unlock: string; readonly locked: string };
}

export const PROFILES: Readonly<Record<QemuVersion, Profile>> = {
  '7.2': {
    qemu: '7.2',
    dispatch: 'walk',
    polling: 'context',
    hasUring: false,
    hasExternal: true,
    hasContextLock: true,
    bql: {
      lock: 'qemu_mutex_lock_iothread',
      unlock: 'qemu_mutex_unlock_iothread',
      locked: 'qemu_mutex_iothread_locked',
    },
  },
  '11': {
    qemu: '11',
    dispatch: 'collect',
    polling: 'handlers',
    hasUring: true,
    hasExternal: false,
    hasContextLock: false,
    bql: { lock: 'bql_lock', unlock: 'bql_unlock', locked: 'bql_locked' },
  },
};

/** @throws RangeError if there is no profile of it; `what` names the option */
export function profileOf(qemu: QemuVersion, what: string): Profile {
  checkWord(qemu, QEMU_VERSIONS, what);
  return PROFILES[qemu];
}
