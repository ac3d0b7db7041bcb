import { InvalidArgumentError } from 'commander';
import { nearest } from '../../host/nearest.ts';
import { signalNames, signalNumber } from '../../signal/names.ts';

/** A signal's number, from its name or number. */
export function signal(text: string): number {
  const signo = signalNumber(text);
  if (signo === 32 || signo === 33) {
    const why = "it is the C library's own, and no program can handle it";
    throw new InvalidArgumentError(`signal ${signo} cannot be sent: ${why}.`);
  }
  if (signo !== 0) return signo;
  const short = signalNames().map((name) => name.slice(3));
  const meant = nearest(text.replace(/^sig/i, ''), short);
  const hint =
    meant === undefined ? 'write it as TERM, SIGINT, 15 or RTMIN+1' : `did you mean ${meant}?`;
  throw new InvalidArgumentError(`there is no signal ${text}: ${hint}`);
}
