import { QemuAbort } from '../../aio/abort.ts';
import { CLOCK_MONOTONIC } from '../../host/constants.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import {
  G_PRIORITY_DEFAULT,
  G_PRIORITY_DEFAULT_IDLE,
  G_PRIORITY_HIGH,
  G_PRIORITY_HIGH_IDLE,
  IdleSource,
  type Source,
  TimeoutSource,
} from '../../mainloop/source.ts';
import type { SourceDef } from '../model.ts';
import type { Callback } from './callback.ts';

const PRIORITIES = {
  high: G_PRIORITY_HIGH,
  default: G_PRIORITY_DEFAULT,
  high_idle: G_PRIORITY_HIGH_IDLE,
  default_idle: G_PRIORITY_DEFAULT_IDLE,
} as const;

/** A source that runs once. */
export class SourceObject {
  /** Whether it is attached to the main context and has not run. */
  attached = false;
  readonly #loop: MainLoop;
  readonly #def: SourceDef;
  readonly #callback: Callback;

  constructor(def: SourceDef, loop: MainLoop, callback: Callback) {
    this.#loop = loop;
    this.#def = def;
    this.#callback = callback;
    if (def.attached) this.attach();
  }

  attach(): void {
    const { name } = this.#def;
    if (this.attached) throw new QemuAbort(`g_source_attach: source '${name}' is attached already`);
    this.attached = true;
    this.#loop.attachSource(this.#make());
  }

  #make(): Source {
    const { name, kind, priority, afterNs, quiet } = this.#def;
    const run = (): boolean => {
      this.attached = false;
      this.#callback.call(quiet ? null : name);
      return false;
    };
    if (kind === 'idle') return new IdleSource(run, PRIORITIES[priority], name);
    const now = (): number => this.#loop.host.clockNs(CLOCK_MONOTONIC);
    return new TimeoutSource(now, afterNs, run, PRIORITIES[priority], name);
  }
}
