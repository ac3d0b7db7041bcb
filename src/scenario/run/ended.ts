/**
 * Thrown out of the loop to end a run from outside: it takes too long, or nobody is watching any
 * more.
 */
export class ScenarioEnded extends Error {
  override readonly name = 'ScenarioEnded';
}

/** The run takes too long, or can never end. */
export class ScenarioStuck extends ScenarioEnded {}

const TOO_LONG = 'it ran for longer than';

/** The words about a run that its time limit, ns, has ended. */
export function ranTooLong(limitNs: number): string {
  return `${TOO_LONG} ${limitNs / 1e9} s`;
}

/** Whether they are that. */
export function isTooLong(text: string): boolean {
  return text.startsWith(TOO_LONG);
}
