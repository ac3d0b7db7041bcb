/** Calls a function of the end of a run, and drops its error. */
export function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Leftovers of the run, such as a bottom half that is still scheduled, do not matter.
  }
}
