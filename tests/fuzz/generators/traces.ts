/** Traces with bytes changed, removed, added or cut off are reported, or refused in one line. */

import fc from 'fast-check';
import type { ReportTrace } from '../../../src/cli/report/facts.ts';
import { renderHtml } from '../../../src/cli/report/html.ts';
import { buildModel } from '../../../src/cli/report/model.ts';
import { type PageData, packTrace, unpackTrace } from '../../../src/cli/report/pack.ts';
import { JsonBackend } from '../../../src/trace/json-backend.ts';
import { readTrace, TraceReadError } from '../../../src/trace/read.ts';
import { SimpleBackend } from '../../../src/trace/simple-backend.ts';
import { feed, tracedRun, written } from '../../trace/traced-run.ts';
import type { Generator } from '../generators.ts';
import { type Edit, edit, edits } from '../mutate.ts';

const run = tracedRun().slice(0, 60);
const files = {
  json: written(
    (write, origin) => new JsonBackend(write, origin),
    (backend) => feed(backend, run),
  ),
  simple: written(
    (write, origin) => new SimpleBackend(write, origin),
    (backend) => feed(backend, run),
  ),
};

const SLOW_NS = 10e6;
const PARTS = { script: 'page()', style: '' };
const BLOCK =
  /<script type="application\/json" id="data">([^<]*)<\/script>\n<script>page\(\)<\/script>/;

/** The findings of `qemu-loop report`, with all that it computes for the page. */
function findingsOf(trace: ReportTrace): string[] {
  const { checks } = buildModel(trace, { slowNs: SLOW_NS });
  const titles = checks.flatMap(({ findings }) => findings.map(({ title }) => title));
  const lines = titles.find((title) => title.includes('\n'));
  if (lines !== undefined) throw new Error(`a finding has lines: ${JSON.stringify(lines)}`);
  return titles;
}

/** Replaces the n-th number or text of a JSON trace by a value. */
interface Odd {
  readonly at: number;
  readonly value: unknown;
}

const odd: fc.Arbitrary<readonly Odd[]> = fc.array(
  fc.record({
    at: fc.nat(2000),
    value: fc.oneof(
      fc.constantFrom<unknown>(0, -1, 0.5, 1e18, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, null, true),
      fc.constantFrom<unknown>('', 'a\nb', '</script>', '<!--', '\u2028', '__proto__', [], {}),
      fc.constantFrom<unknown>('child_reap', 'signal_handler_begin', 'poll_begin', 'bh_call_end'),
      fc.integer(),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

function withOdd(file: Uint8Array, changes: readonly Odd[]): Uint8Array {
  let n = 0;
  const text = Buffer.from(file).toString('utf8');
  const changed = text.replace(/(?<=:)("[^"]*"|-?\d+)(?=[,}])/g, (value) => {
    const change = changes.find(({ at }) => at === n);
    n++;
    return change === undefined ? value : JSON.stringify(change.value);
  });
  return Buffer.from(changed);
}

type Input =
  | { readonly format: keyof typeof files; readonly edits: readonly Edit[] }
  | { readonly odd: readonly Odd[] };

function traceOf(input: Input): Uint8Array {
  return 'odd' in input ? withOdd(files.json, input.odd) : edit(files[input.format], input.edits);
}

export default {
  about:
    'traces with changed bytes go into a report, or are refused with a TraceReadError of one line',
  inputs: fc.oneof(
    fc.record({ format: fc.constantFrom('json', 'simple'), edits: edits() }),
    fc.record({ odd }),
  ),
  check: (input) => {
    let trace: ReportTrace;
    try {
      trace = readTrace(traceOf(input));
    } catch (error) {
      if (!(error instanceof TraceReadError) || error.message.includes('\n')) throw error;
      return;
    }
    const found = findingsOf(trace);
    const page = renderHtml(PARTS, { title: 'fuzz', slowNs: SLOW_NS, trace: packTrace(trace) });
    const data = BLOCK.exec(page);
    if (data === null) throw new Error('something of the trace ends the block that it stands in');
    // As the page itself does at its start.
    const back = unpackTrace((JSON.parse(data[1]!) as PageData).trace);
    const shown = findingsOf(back);
    if (shown.join('\n') !== found.join('\n')) throw new Error(`${found} against ${shown}`);
  },
} satisfies Generator<Input>;
