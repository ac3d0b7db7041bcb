/**
 * What a described child process does: the scenario language's `children`, and
 * the host contract's. The simulated host plays it; on Linux a real process is
 * made that does the same (linux/behave.ts).
 */
export interface ChildBehaviour {
  /** Time from its start to its end, in ns; at once where absent. With neither this nor an end it runs until it is killed. */
  readonly afterNs?: number | undefined;
  /** How it ends (exit 0 where absent), or stops; when it is continued then, it runs until it is killed. */
  readonly then?:
    | { readonly exit: number }
    | { readonly signal: number }
    | { readonly stop: true }
    | undefined;
  /** Written to its stdout at its start. */
  readonly write?: string | undefined;
  /** Signals that it ignores. */
  readonly ignore?: readonly number[] | undefined;
  /** How many children of its own it starts and leaves behind; each runs until killed. */
  readonly children?: number | undefined;
}
