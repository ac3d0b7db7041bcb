/** Thrown out of the loop to end a run from outside: it takes longer than it may, or nobody looks any more. */
export class ScenarioEnded extends Error {
  override readonly name = 'ScenarioEnded';
}
