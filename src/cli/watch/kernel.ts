import { LIVES, type ProcessState } from './process-state.ts';

/** The part of a run's state that is asked of the kernel. */
export interface Kernel {
  /** Signals that are pending. */
  pending(): readonly number[];
  /** Null if there is no such process. */
  processState(pid: number): ProcessState | null;
}

/** A kernel's last answers, which are had without asking it again. */
export class SeenKernel implements Kernel {
  #pending: readonly number[] = [];
  readonly #states = new Map<number, ProcessState | null>();

  pending(): readonly number[] {
    return this.#pending;
  }

  processState(pid: number): ProcessState | null {
    return this.#states.get(pid) ?? LIVES;
  }

  /** The kernel itself, whose answers are remembered from now on. */
  asking(kernel: Kernel): Kernel {
    this.#states.clear();
    return {
      pending: () => {
        this.#pending = kernel.pending();
        return this.#pending;
      },
      processState: (pid) => {
        const state = kernel.processState(pid);
        this.#states.set(pid, state);
        return state;
      },
    };
  }
}
