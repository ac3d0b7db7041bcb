/**
 * Thrown out of the loop to end a run from outside: it takes too long, or nobody is watching any
 * more.
 */
export class ScenarioEnded extends Error {
  override readonly name = 'ScenarioEnded';
}

/** The run takes too long, or can never end. */
export class ScenarioStuck extends ScenarioEnded {}
