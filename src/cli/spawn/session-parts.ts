import type { MainLoop } from '../../mainloop/main-loop.ts';
import type { ChildWatch } from '../../signal/child-watch.ts';
import type { Signals } from '../../signal/signals.ts';
import type { Prefixer } from '../output/prefix.ts';
import type { Supervisor } from './supervisor.ts';

export interface SessionChildren {
  readonly watch: ChildWatch;
  readonly prefixer: Prefixer | null;
  readonly supervisor: Supervisor;
}

export interface SessionParts extends SessionChildren {
  readonly loop: MainLoop;
  readonly signals: Signals;
}
