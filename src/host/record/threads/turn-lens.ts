import { HOST_CALLS, type HostCall, type HostCallName } from '../../calls.ts';
import type { Host } from '../../host.ts';
import { HostLens } from '../../lenses/lens.ts';
import { GENERIC_CALLS } from '../ops.ts';
import type { RecordTurns } from './record-turns.ts';

type Call = (...args: unknown[]) => unknown;

/** The kernel of a thread that has turns: see RecordTurns. It stands below the host that records. */
export class TurnLens extends HostLens {
  readonly #turns: RecordTurns;

  constructor(host: Host, turns: RecordTurns) {
    super(host);
    this.#turns = turns;
  }

  static {
    const calls: readonly HostCallName[] = [...GENERIC_CALLS, 'close'];
    for (const name of calls) {
      const { sleeps }: HostCall = HOST_CALLS[name];
      const value =
        sleeps === true
          ? function (this: TurnLens, ...args: unknown[]): unknown {
              this.#turns.give();
              try {
                return (this.host[name] as Call)(...args);
              } finally {
                this.#turns.take();
              }
            }
          : function (this: TurnLens, ...args: unknown[]): unknown {
              this.#turns.pass();
              return (this.host[name] as Call)(...args);
            };
      Object.defineProperty(TurnLens.prototype, name, { value, configurable: true });
    }
  }
}
