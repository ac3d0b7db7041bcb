import type { Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ChildWatch } from '../../signal/child-watch.ts';
import type { Signals } from '../../signal/signals.ts';
import type { LogWriter } from '../log/log.ts';
import type { Summary } from '../log/summary.ts';
import type { Warn } from '../log/warn.ts';
import type { Prefixer } from '../output/prefix.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface SupervisorParts {
  readonly host: Host;
  readonly loop: MainLoop;
  readonly signals: Signals;
  readonly watch: ChildWatch;
  readonly terminal: Terminal;
  readonly log: LogWriter;
  readonly warn: Warn;
  readonly summary: Summary;
  readonly prefixer: Prefixer | null;
  readonly prefixOf: (number: number) => string;
  /** Whether every child of this process is ours to end at last. */
  readonly adopts: boolean;
  /** Discards output that nobody reads. */
  readonly dropOutput: () => void;
}
