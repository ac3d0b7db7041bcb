/** A case of the contract, recorded on a host and then run again on its record. */

import type { Host } from '../../../src/host/host.ts';
import { outside } from '../../../src/host/record/outside.ts';
import { type ContractCase, type ContractSubject, runCase } from '../../host-contract/contract.ts';
import { Kept, replayOf } from './recorded.ts';

export interface Recorded {
  readonly name: string;
  /** The first fault; null if there is none. */
  readonly problem: string | null;
  readonly bytes: number;
}

/** @param subjectOf the subject of a host; it is asked for the descriptors of the real one */
export function recordCase(
  one: ContractCase,
  host: Host,
  subjectOf: (host: Host) => ContractSubject,
): Recorded {
  const kept = new Kept(host);
  const first = runCase(keeping(kept.host, subjectOf), one);
  const bytes = kept.end();
  const replay = replayOf(bytes);
  const result = (problem: string | null): Recorded => ({
    name: one.name,
    problem,
    bytes: bytes.length,
  });
  try {
    const second = runCase(keeping(replay, subjectOf), one);
    return result(problemOf(first.problem, second.problem, replay.ended, () => replay.finish()));
  } catch (error) {
    return result(String(error));
  }
}

function problemOf(
  first: string | undefined,
  second: string | undefined,
  ended: Error | null,
  finish: () => void,
): string | null {
  if (ended !== null) return String(ended);
  if (first !== second) return `recorded: ${first}; replayed: ${second}`;
  // That a case holds on the host itself is tested by the contract: a slow machine may break it here.
  try {
    finish();
  } catch (error) {
    return String(error);
  }
  return null;
}

/** The descriptors of a replay are those that were open when it was recorded. */
function keeping(host: Host, subjectOf: (host: Host) => ContractSubject): ContractSubject {
  const subject = subjectOf(host);
  return { ...subject, openFds: () => outside(host, 'openFds', () => subject.openFds()) };
}
