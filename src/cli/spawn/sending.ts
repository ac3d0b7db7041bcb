import type { Sent } from './sender.ts';

/** The result of sending a signal to several processes. */
export interface Sending {
  sent: number;
  /** Pids, or -pgid for groups. */
  readonly refused: number[];
  /** Whether it went to all of the pid namespace, whose number is unknown. */
  everybody?: boolean;
}

/** Records the result of one signal. */
export function note(sending: Sending, sent: Sent, target: number): void {
  if (sent === 'sent') sending.sent++;
  if (sent === 'refused') sending.refused.push(target);
}
