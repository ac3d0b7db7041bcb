import { RecordHost } from '../src/host/record/record-host.ts';
import { LinuxHost } from '../src/index.ts';
import { op } from './measure.ts';
import type * as RecordWork from './record-work.ts';
import { iterations, plain, recorded } from './record-work.ts';
import type { Row, Section } from './row.ts';
import { median } from './statistics.ts';

/** Iterations whose bytes are counted. */
const COUNTED = 10_000;
const BATCHES = 1_000;
const BATCH = 50;
const WARM_UP = 20_000;

function timed(name: string, kicks: boolean, isRecorded: boolean): Row {
  const work = isRecorded ? recorded(kicks) : plain(kicks);
  return { name, ours: op(work.run), close: () => work.dispose() };
}

function sized(name: string, kicks: boolean): Row {
  let bytes = 0;
  const host = new RecordHost(new LinuxHost(), (piece) => {
    bytes += piece.length;
  });
  const work = iterations(host, kicks);
  const ours = (): number => {
    work.run();
    host.flush();
    bytes = 0;
    for (let i = 0; i < COUNTED; i++) work.run();
    host.flush();
    return bytes / COUNTED;
  };
  return { name, unit: 'bytes', ours, once: true, close: () => work.dispose() };
}

/** The code once more, of its own: V8 compiles what has seen two kinds of Host worse than either. */
async function ownCode(side: 'plain' | 'recorded'): Promise<typeof RecordWork> {
  return import(new URL(`./record-work.mjs?${side}`, import.meta.url).href);
}

/** Batches of plain and recorded iterations in turn, so that noise affects both. */
function ratio(name: string, kicks: boolean): Row {
  const timeOf = (work: RecordWork.Work, count = BATCH): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) work.run();
    return Number(process.hrtime.bigint() - start);
  };
  const ours = async (): Promise<number> => {
    const before = (await ownCode('plain')).plain(kicks);
    const after = (await ownCode('recorded')).recorded(kicks);
    for (const work of [before, after]) timeOf(work, WARM_UP);
    const ratios = Array.from({ length: BATCHES }, () => {
      const time = timeOf(before);
      return timeOf(after) / time;
    });
    for (const work of [before, after]) work.dispose();
    return 100 * median(ratios);
  };
  return { name, unit: 'count', ours };
}

export const record: Section = {
  name: 'record',
  about: 'what a record costs',
  rows: [
    () => timed('main_loop_wait, nothing to do', false, false),
    () => timed('the same, recorded', false, true),
    () => ratio('recorded, in % of plain', false),
    () => timed('main_loop_wait with an event notifier', true, false),
    () => timed('the same, recorded', true, true),
    () => ratio('recorded, in % of plain', true),
    () => sized('an idle iteration in a record', false),
    () => sized('one with an event notifier', true),
  ],
};
