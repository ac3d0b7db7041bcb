import { CLOCK_MONOTONIC } from '../../host/constants.ts';
import type { Host } from '../../host/host.ts';
import { visible } from '../../trace/visible.ts';
import type { LineOutput } from '../output/output.ts';
import type { LogWriter } from './log.ts';

/** Reports something that the person has to know, even if there is no log. */
export type Warn = (what: string, fields: Readonly<Record<string, unknown>>, text: string) => void;

/** @param outputs writes it to stderr too, since the log is silent; null if the log shows it */
export function makeWarn(
  host: Host,
  log: Pick<LogWriter, 'note'>,
  outputs: { of(fd: number): Pick<LineOutput, 'write'> } | null,
): Warn {
  return (what, fields, text) => {
    log.note('error', what, host.clockNs(CLOCK_MONOTONIC), fields, text);
    outputs?.of(2).write(2, new TextEncoder().encode(`qemu-loop: ${visible(text)}\n`));
  };
}
