import type { QemuVersion } from '../../aio/profile.ts';
import type { TraceOrigin } from '../../trace/backend.ts';

/** The part of a record's header that is about a scenario. */
export interface RecordedRun {
  readonly command: 'run';
  readonly file: string;
  readonly text: string;
  /** Overrides the file's QEMU; older records have none. */
  readonly version?: QemuVersion;
  /** Overrides the file's seed. */
  readonly seed: number | null;
  readonly timeoutNs: number | null;
  /** Whether its live log was shown. */
  readonly isLive: boolean;
  readonly origin: TraceOrigin;
}
