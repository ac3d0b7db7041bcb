/**
 * Checks a file by the Trace Event Format (JSON array form): each record has its fields, the slices
 * of a track nest, and each flow starts once, ends once, goes forward in time, and is bound to
 * slices. Checks also what readers want. For speedscope, an end has its beginning's name. For
 * Catapult, an end has no argument of its beginning, the records of a track are in order of time,
 * and slices of flows have a length.
 */

export interface ChromeRecord {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** µs */
  readonly ts: number;
  readonly name?: string;
  readonly cat?: string;
  readonly id?: number;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Slice {
  readonly name: string;
  readonly cat: string;
  readonly tid: number;
  readonly args: readonly string[];
  readonly from: number;
  to: number;
  readonly depth: number;
  readonly parent: Slice | null;
}

export interface FlowPoint {
  readonly ph: string;
  readonly slice: Slice;
  readonly ts: number;
}

export interface Checked {
  readonly slices: readonly Slice[];
  /** By id, in order of time. */
  readonly flows: ReadonlyMap<number, readonly FlowPoint[]>;
  readonly counters: ReadonlyMap<string, readonly number[]>;
  readonly tracks: ReadonlyMap<number, string>;
  readonly instants: readonly ChromeRecord[];
  readonly problems: readonly string[];
}

export function checkChrome(text: string): Checked {
  const records: ChromeRecord[] = JSON.parse(text);
  const problems: string[] = [];
  const tracks = new Map<number, string>();
  const slices: Slice[] = [];
  const flows = new Map<number, FlowPoint[]>();
  const counters = new Map<string, number[]>();
  const instants: ChromeRecord[] = [];
  const open = new Map<number, Slice[]>();
  // As the format has it: records may come in any order of time, those of one time in the file's.
  const sorted = records.filter(({ ph }) => ph !== 'M').sort((a, b) => a.ts - b.ts);
  for (const { ph, name, tid, args } of records) {
    if (ph === 'M' && name === 'thread_name') tracks.set(tid, String(args?.name));
  }
  for (const record of sorted) {
    const { ph, tid, ts, args } = record;
    if (!Number.isFinite(ts) || typeof tid !== 'number' || typeof record.pid !== 'number') {
      problems.push(`no time or track: ${JSON.stringify(record)}`);
    }
    const stack = open.get(tid) ?? [];
    open.set(tid, stack);
    switch (ph) {
      case 'B': {
        if (!record.name || !record.cat) problems.push(`a slice without a name at ${ts}`);
        if (!tracks.has(tid)) problems.push(`track ${tid} has no name`);
        const [name, cat] = [record.name ?? '', record.cat ?? ''];
        const slice = {
          name,
          cat,
          tid,
          args: Object.keys(args ?? {}),
          from: ts,
          to: -1,
          depth: stack.length,
          parent: stack.at(-1) ?? null,
        };
        slices.push(slice);
        stack.push(slice);
        break;
      }
      case 'E': {
        const slice = stack.pop();
        if (slice === undefined) problems.push(`an end without a beginning at ${ts} on ${tid}`);
        else {
          slice.to = ts;
          if (record.name !== slice.name) problems.push(`${slice.name} ends as ${record.name}`);
          for (const arg of Object.keys(args ?? {})) {
            if (slice.args.includes(arg)) problems.push(`${slice.name} has ${arg} twice`);
          }
        }
        break;
      }
      case 's':
      case 't':
      case 'f': {
        const slice = stack.at(-1);
        if (slice === undefined) problems.push(`flow ${record.id} ${ph} at ${ts} is in no slice`);
        else flows.set(record.id!, [...(flows.get(record.id!) ?? []), { ph, slice, ts }]);
        break;
      }
      case 'C':
        counters.set(record.name!, [
          ...(counters.get(record.name!) ?? []),
          Number(record.args?.value),
        ]);
        break;
      case 'i':
        if (record.s !== 't' || !record.name) problems.push(`an instant without scope at ${ts}`);
        instants.push(record);
        break;
      default:
        problems.push(`unknown phase ${ph}`);
    }
  }
  for (const [tid, stack] of open) {
    for (const { name } of stack) problems.push(`${name} on ${tid} never ends`);
  }
  const lastTs = new Map<number, number>();
  for (const { ph, tid, ts } of records) {
    if (!'BEi'.includes(ph)) continue;
    if (ts < (lastTs.get(tid) ?? 0)) problems.push(`track ${tid} goes back to ${ts}`);
    lastTs.set(tid, ts);
  }
  for (const [id, points] of flows) {
    for (const { slice, ts } of points) {
      if (slice.to <= ts) problems.push(`flow ${id} ends with its slice ${slice.name}`);
    }
    const phases = points.map(({ ph }) => ph).join('');
    if (!/^st*f$/.test(phases)) problems.push(`flow ${id} goes ${phases}`);
  }
  return { slices, flows, counters, tracks, instants, problems };
}
