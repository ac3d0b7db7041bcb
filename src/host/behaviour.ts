/**
 * The behaviour of a child process, as the scenario language's `children` and the host
 * contract describe it. The simulated host plays it; on Linux a real process does it
 * (linux/behave.ts).
 */
export interface ChildBehaviour {
  /** Time from start to end, ns; default 0. Without this and an end, it runs until it is killed. */
  readonly afterNs?: number | undefined;
  /** How much later it may end, ns, if the Choices of a simulated host decide. */
  readonly withinNs?: number | undefined;
  /**
   * How it ends (default: exit 0), or stops. If continued after a stop, it runs until it is
   * killed.
   */
  readonly then?:
    | { readonly exit: number }
    | { readonly signal: number }
    | { readonly stop: true }
    | undefined;
  /** Text written to its stdout at its start. */
  readonly write?: string | undefined;
  /** Signals that it ignores. */
  readonly ignore?: readonly number[] | undefined;
  /** Number of children that it starts and leaves behind; each runs until killed. */
  readonly children?: number | undefined;
}
