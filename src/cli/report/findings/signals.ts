import { count } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { type Finding, finding } from './finding.ts';

/** Bytes of a signalfd_siginfo. */
const RECORD = 128;

/** Reads of a signalfd that took only a part of a record: the kernel does not keep the rest. */
export function findLostSignals({ events }: Facts): Finding[] {
  const places = events.flatMap(({ name, args, timeNs }, i) => {
    const ret = Number(args.ret);
    if (name !== 'signalfd_read' || ret <= 0 || ret === RECORD * Number(args.records)) return [];
    return [{ text: `${ret} bytes were read`, node: i, startNs: timeNs, endNs: timeNs }];
  });
  if (places.length === 0) return [];
  return [
    finding(
      'bad',
      `${count(places.length, 'signal')} lost by reads of a part of a record`,
      `A record of a signalfd has ${RECORD} bytes. A shorter read takes the signal, and what was not read is gone: no handler is called for it.`,
      places,
    ),
  ];
}
