import type { ChildDef } from '../../scenario/model.ts';
import { durationText } from '../../scenario/values.ts';
import { signalName } from '../../signal/names.ts';
import { EV, type EventId } from '../../trace/catalogue.ts';
import type { TraceValue } from '../../trace/tracer.ts';
import { type ChildRow, newRow } from '../log/summary.ts';

/** The rows of the children that a scenario declares, updated from its trace. */
export class RunChildren {
  readonly rows: ChildRow[] = [];
  /** By name: the text of a child not started yet, or of a further one. */
  readonly #texts = new Map<string, string>();
  readonly #waiting = new Map<string, ChildRow>();
  readonly #byPid = new Map<number, ChildRow>();

  constructor(defs: readonly ChildDef[]) {
    for (const def of defs) {
      this.#texts.set(def.name, childText(def));
      this.#waiting.set(def.name, this.#add(def.name));
    }
  }

  take(id: EventId, timeNs: number, args: readonly TraceValue[]): void {
    if (id === EV.child_spawn) this.#spawned(Number(args[0]), String(args[1]), timeNs);
    if (id === EV.child_reap) this.#reaped(args, timeNs);
  }

  #add(name: string): ChildRow {
    const row = newRow(this.#texts.get(name) ?? name, this.rows.length + 1);
    this.rows.push(row);
    return row;
  }

  /** A name may be started several times: each child has a row of its own. */
  #spawned(pid: number, name: string, timeNs: number): void {
    const row = this.#waiting.get(name) ?? this.#add(name);
    this.#waiting.delete(name);
    row.pid = pid;
    row.startNs = timeNs;
    this.#byPid.set(pid, row);
  }

  #reaped(args: readonly TraceValue[], timeNs: number): void {
    const [pid, , code, status, utimeNs, stimeNs] = args.map(Number);
    const row = this.#byPid.get(pid!);
    if (row === undefined) return;
    Object.assign(row, { code, status, utimeNs, stimeNs, endNs: timeNs });
  }
}

/** A child's name and behaviour, as in the file. */
function childText(def: ChildDef): string {
  if (def.command !== null) return `${def.name}: ${def.command.at(-1)}`;
  const end =
    def.exit !== null
      ? `exit ${def.exit}`
      : def.signal !== null
        ? signalName(def.signal)
        : def.stop
          ? 'stop'
          : 'runs until killed';
  const parts = [def.afterNs === null ? '' : `after ${durationText(def.afterNs)}`, end];
  return `${def.name}: ${parts.filter((part) => part !== '').join(', ')}`;
}
