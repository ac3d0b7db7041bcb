import { RecordHost } from '../src/host/record/record-host.ts';
import { EventNotifier, LinuxHost, MainLoop } from '../src/index.ts';
import { op } from './measure.ts';
import type { Row, Section } from './row.ts';
import { median } from './statistics.ts';

const kernel = new LinuxHost();
/** Iterations whose bytes are counted. */
const COUNTED = 10_000;
const BATCHES = 400;
const BATCH = 50;

/** A loop with one event notifier, which is set before each iteration or not. */
function iterations(host: LinuxHost | RecordHost, kicks: boolean): { run(): void; close(): void } {
  const loop = new MainLoop({ host });
  const notifier = new EventNotifier(host);
  loop.context.setEventNotifier(notifier, { ioRead: (n) => void n.testAndClear() });
  return {
    run: () => {
      if (kicks) notifier.set();
      loop.mainLoopWait(true);
    },
    close: () => {
      loop.close();
      notifier.dispose();
    },
  };
}

function timed(name: string, kicks: boolean, isRecorded: boolean): Row {
  const host = isRecorded ? new RecordHost(kernel, () => {}) : kernel;
  const { run, close } = iterations(host, kicks);
  return { name, ours: op(run), close };
}

function sized(name: string, kicks: boolean): Row {
  let bytes = 0;
  const host = new RecordHost(kernel, (piece) => {
    bytes += piece.length;
  });
  const { run, close } = iterations(host, kicks);
  const ours = (): number => {
    run();
    host.flush();
    bytes = 0;
    for (let i = 0; i < COUNTED; i++) run();
    host.flush();
    return bytes / COUNTED;
  };
  return { name, unit: 'bytes', ours, once: true, close };
}

/** Batches of plain and recorded iterations in turn, so that noise affects both. */
function ratio(name: string, kicks: boolean): Row {
  const plain = iterations(kernel, kicks);
  const recorded = iterations(new RecordHost(kernel, () => {}), kicks);
  const timeOf = (run: () => void): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < BATCH; i++) run();
    return Number(process.hrtime.bigint() - start);
  };
  const ours = (): number => {
    const ratios = Array.from({ length: BATCHES }, () => {
      const before = timeOf(plain.run);
      return timeOf(recorded.run) / before;
    });
    return 100 * median(ratios);
  };
  const close = (): void => {
    plain.close();
    recorded.close();
  };
  return { name, unit: 'count', ours, close };
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
